import { once } from 'node:events';
import { OutputTail } from './output-tail.ts';
import { type Outcome, settleWithin } from '../settle.ts';
import { SshTimeoutError } from './ssh-errors.ts';
import type { SshLink } from './ssh-link.ts';
import type { ClientChannel } from './ssh2.ts';

export interface SshCommand {
  readonly command: string;
  /** The complete standard input. Without it, the command reads an empty one. */
  readonly stdin?: string | Uint8Array;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Receives standard output and standard error as they arrive, in whole characters. */
  readonly onOutput?: (text: string) => void;
}

export interface SshResult {
  readonly exitCode: number;
  /** The last 256 KiB, counted in UTF-16 units. Earlier output is dropped. */
  readonly stdout: string;
  /** Limited like `stdout`. */
  readonly stderr: string;
}

const KEPT_OUTPUT = 256 * 1024;

/** One running command. */
interface Run {
  readonly link: SshLink;
  readonly command: SshCommand;
  readonly outcome: Outcome<SshResult>;
  /** Aborted when the result is known. */
  readonly over: AbortSignal;
}

/** Runs one command in its own channel; see SshSession.run. */
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
  // This event precedes the channel's own end; without it, an exit status with half the output would look complete.
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
  channel.on('error', () => undefined); // never removed: a late error must not end the process
  const close = (): void => {
    if (run.link.isOpen) channel.close();
  };
  if (run.over.aborted) {
    close();
    return;
  }
  run.over.addEventListener('abort', close);
  collect(run, channel);
  channel.end(run.command.stdin ?? ''); // ssh2 sends it as the server's window allows
}

function collect(run: Run, channel: ClientChannel): void {
  const stdout = new OutputTail(KEPT_OUTPUT);
  const stderr = new OutputTail(KEPT_OUTPUT);
  let exitCode: number | null = null;
  channel.on('data', (bytes: Buffer) => {
    emit(run, stdout.push(bytes));
  });
  channel.stderr.on('data', (bytes: Buffer) => {
    emit(run, stderr.push(bytes));
  });
  channel.on('exit', (code) => {
    exitCode = code;
  });
  const finish = (): void => {
    emit(run, stdout.end());
    emit(run, stderr.end());
    if (exitCode === null)
      run.outcome.reject(run.link.unreachable('the command ended without an exit status'));
    else run.outcome.resolve({ exitCode, stdout: stdout.text, stderr: stderr.text });
  };
  const lose = (error: unknown): void => {
    run.outcome.reject(run.link.unreachable('the channel broke', error));
  };
  Promise.all([once(channel, 'close'), once(channel.stderr, 'close')]).then(finish, lose);
}

function emit(run: Run, text: string): void {
  if (text === '' || run.over.aborted) return;
  try {
    run.command.onOutput?.(text);
  } catch (error) {
    // An error thrown into ssh2 would be taken for a broken connection.
    run.outcome.reject(error instanceof Error ? error : new Error(String(error)));
  }
}
