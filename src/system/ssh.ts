import { settleWithin } from './settle.ts';
import { type SshCommand, type SshResult, runSshCommand } from './ssh-exec.ts';
import { SshLink, type SshTarget } from './ssh-link.ts';

export type { SshCommand, SshResult, SshTarget };

/** How long to try to connect, and how often to ask a silent server whether it still lives. */
export interface SshConnectOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Default 15 s; a server that leaves four questions unanswered is lost. */
  readonly keepAliveMs?: number;
}

/** A connection to a server that has proved who it is. Several commands may run at once. */
export interface SshSession {
  /**
   * Runs a command to its end, whatever its exit code. Throws SshTimeoutError, SshUnreachableError, or the reason
   * of the signal; after these the command may still be running on the server.
   */
  run(command: SshCommand): Promise<SshResult>;
  /** Drops the connection and fails what still runs; safe to repeat. */
  close(): void;
}

const KEEP_ALIVE_MS = 15_000;

/**
 * Connects and logs in. Throws SshHostKeyError when the server shows none of the host keys, before anything about
 * us is sent; SshUnreachableError for every other failure; or the reason of the signal.
 */
export async function connectSsh(target: SshTarget, options: SshConnectOptions): Promise<SshSession> {
  options.signal?.throwIfAborted();
  const link = new SshLink(target, options.keepAliveMs ?? KEEP_ALIVE_MS);
  try {
    await settleWithin<undefined>(
      {
        timeoutMs: options.timeoutMs,
        signal: options.signal,
        onTimeout: (outcome) => {
          outcome.reject(link.unreachable(`no login within ${options.timeoutMs / 1000} s`));
        },
      },
      (outcome) => {
        link.open(outcome);
      },
    );
  } catch (error) {
    link.close();
    throw error;
  }
  return {
    run: (command) => runSshCommand(link, command),
    close: () => {
      link.close();
    },
  };
}
