import { once } from 'node:events';
import { OutputTail } from './output-tail.ts';
import { type Outcome, settleWithin } from './settle.ts';
import { SshTimeoutError } from './ssh-errors.ts';
import type { SshLink } from './ssh-link.ts';
import type { ClientChannel } from './ssh2.ts';

export interface SshCommand {
  readonly command: string;
  /** Written as a whole, then its end is told; without it, the command reads an empty one. */
  readonly stdin?: string | Uint8Array;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Called with both outputs as they arrive, never in the middle of a character. */
  readonly onOutput?: (text: string) => void;
}

export interface SshResult {
  readonly exitCode: number;
  /** The last 256 KiB (as UTF-16 units); what came before is dropped. */
  readonly stdout: string;
  /** The last 256 KiB, like `stdout`. */
  readonly stderr: string;
}

const KEPT_OUTPUT = 256 * 1024;

/** One command under way. */
interface Run {
  readonly link: SshLink;
  readonly command: SshCommand;
  readonly outcome: Outcome<SshResult>;
  /** Aborted when the outcome is known. */
  readonly over: AbortSignal;
}

/** Runs one command in a channel of its own; see SshSession.run. */
export async function runSshCommand(link: SshLink, command: SshCommand): Promise<SshResult> {
  const end = new AbortController();
  const { timeoutMs, signal } = command;
  try {
    return await settleWithin<SshResult>(
      {
        timeoutMs,
        signal,
        onTimeout: (outcome) => {
          outcome.reject(timeoutError(timeoutMs));
        },
      },
      (outcome) => {
        start({ link, command, outcome, over: end.signal });
      },
    );
  } finally {
    end.abort();
  }
}

function timeoutError(timeoutMs: number): SshTimeoutError {
  return new SshTimeoutError(`a command over SSH did not end within ${timeoutMs / 1000} s`);
}

function start(run: Run): void {
  const { link, outcome, over } = run;
  // Heard before the channel's own end: an exit status with half of the output is no result.
  const onLost = (): void => {
    outcome.reject(link.unreachable('the connection was lost'));
  };
  link.client.on('close', onLost);
  over.addEventListener('abort', () => link.client.off('close', onLost));
  try {
    link.client.exec(run.command.command, (error, channel) => {
      if (error === undefined) attach(run, channel);
      else outcome.reject(link.unreachable('the command could not be started', error));
    });
  } catch (error) {
    outcome.reject(link.unreachable('the connection is closed', error));
  }
}

function attach(run: Run, channel: ClientChannel): void {
  channel.on('error', () => undefined); // for good: an error that comes late must not end the process
  const close = (): void => {
    if (run.link.isOpen) channel.close();
  };
  if (run.over.aborted) {
    close();
    return;
  }
  run.over.addEventListener('abort', close);
  collect(run, channel);
  channel.end(run.command.stdin ?? ''); // ssh2 sends it as the server's window opens
}

function collect(run: Run, channel: ClientChannel): void {
  const stdout = new OutputTail(KEPT_OUTPUT);
  const stderr = new OutputTail(KEPT_OUTPUT);
  let exitCode: number | null = null;
  channel.on('data', (bytes: Buffer) => {
    tell(run, stdout.push(bytes));
  });
  channel.stderr.on('data', (bytes: Buffer) => {
    tell(run, stderr.push(bytes));
  });
  channel.on('exit', (code) => {
    exitCode = code;
  });
  const finish = (): void => {
    tell(run, stdout.end());
    tell(run, stderr.end());
    if (exitCode === null)
      run.outcome.reject(run.link.unreachable('the command ended without an exit status'));
    else run.outcome.resolve({ exitCode, stdout: stdout.text, stderr: stderr.text });
  };
  const lose = (error: unknown): void => {
    run.outcome.reject(run.link.unreachable('the channel broke', error));
  };
  Promise.all([once(channel, 'close'), once(channel.stderr, 'close')]).then(finish, lose);
}

function tell(run: Run, text: string): void {
  if (text === '' || run.over.aborted) return;
  try {
    run.command.onOutput?.(text);
  } catch (error) {
    // Thrown on, it would end in ssh2, which takes it for a broken connection.
    run.outcome.reject(error instanceof Error ? error : new Error(String(error)));
  }
}
