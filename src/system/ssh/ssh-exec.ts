import { once } from 'node:events';
import { constants } from 'node:os';
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
  /** 128 plus the number of the signal after a signal. */
  readonly exitCode: number;
  /** The signal that ended the command, such as SIGKILL; absent when it exited. */
  readonly signal?: string;
  /** The last 256 KiB, counted in UTF-16 units. Earlier output is dropped. */
  readonly stdout: string;
  /** Limited like `stdout`. */
  readonly stderr: string;
}

const KEPT_OUTPUT = 256 * 1024;

/** The longest time for the rest of the output. sshd keeps the channel open while a background process has the output. */
const REST_MS = 5000;

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
  let exit: Pick<SshResult, 'exitCode' | 'signal'> | undefined;
  channel.on('data', (bytes: Buffer) => {
    emit(run, stdout.push(bytes));
  });
  channel.stderr.on('data', (bytes: Buffer) => {
    emit(run, stderr.push(bytes));
  });
  const finish = (): void => {
    emit(run, stdout.end());
    emit(run, stderr.end());
    if (exit === undefined)
      run.outcome.reject(run.link.unreachable('the command ended without an exit status'));
    else run.outcome.resolve({ ...exit, stdout: stdout.text, stderr: stderr.text });
  };
  channel.on('exit', (code: number | null, name?: string) => {
    exit = code === null ? describeSignal(name) : { exitCode: code };
    const timer = setTimeout(finish, REST_MS);
    run.over.addEventListener('abort', () => {
      clearTimeout(timer);
    });
  });
  const lose = (error: unknown): void => {
    run.outcome.reject(run.link.unreachable('the channel broke', error));
  };
  Promise.all([once(channel, 'close'), once(channel.stderr, 'close')]).then(finish, lose);
}

/** Returns the exit code that a shell reports for a signal, which SSH names without `SIG`. */
function describeSignal(name = ''): Pick<SshResult, 'exitCode' | 'signal'> | undefined {
  if (name === '') return undefined;
  const signal = `SIG${name.replace(/^SIG/, '')}`;
  const numbers: Readonly<Record<string, number>> = constants.signals;
  return { exitCode: 128 + (numbers[signal] ?? 0), signal };
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
