import { settleWithin } from '../settle.ts';
import { type SshCommand, type SshResult, runSshCommand } from './ssh-exec.ts';
import { SshLink, type SshTarget } from './ssh-link.ts';

export type { SshCommand, SshResult, SshTarget };

/** The limits of connecting and the interval of keep-alives. */
export interface SshConnectOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Default 15 s. The connection is lost after four keep-alives without an answer. */
  readonly keepAliveMs?: number;
}

/** A connection to a server whose host key was verified. Several commands may run at once. */
export interface SshSession {
  /**
   * Runs a command until it ends, with any exit code. Throws SshTimeoutError, SshUnreachableError or the signal's
   * reason; the command may then still be running on the server.
   */
  run(command: SshCommand): Promise<SshResult>;
  /** Closes the connection and fails running commands. Safe to repeat. */
  close(): void;
}

const KEEP_ALIVE_MS = 15_000;

/**
 * Connects and logs in. Throws SshHostKeyError, before sending the login, when the server has none of the expected host
 * keys; the signal's reason when it is aborted; SshUnreachableError for every other failure.
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
