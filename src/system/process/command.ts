import { type Options, execa } from 'execa';
import { ProductError } from '../../model/errors.ts';

/** A program to run until it exits. */
export interface CommandRequest {
  readonly file: string;
  /** Must hold no secret: every user of the host can read a command line. */
  readonly args: readonly string[];
  /** The complete environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string | undefined;
  readonly input?: string | undefined;
  /** The file descriptors of this process that become the program's descriptors 3, 4 and so on. */
  readonly inherited?: readonly number[];
  readonly timeoutMs: number;
  /** The limit of each output. Default: 16 MiB. */
  readonly maxOutputBytes?: number | undefined;
  /** Stops the program when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** The signal that stops the program. Default: SIGTERM, and SIGKILL after 5 s. */
  readonly stopSignal?: 'SIGKILL' | undefined;
}

/** The result of a program that has exited or was stopped by a signal. */
export interface CommandResult {
  /** Undefined when a signal stopped the program. */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** The error for a program that could not be started or did not exit in time. */
export class CommandError extends ProductError {
  readonly kind = 'unavailable';
}

/** The error for a program that printed more than the limit and was stopped. */
export class OutputLimitError extends CommandError {}

/** Runs a program. Callers get it as a parameter, so that tests can supply the results. */
export type RunCommand = (request: CommandRequest) => Promise<CommandResult>;

/** The default limit of a program's output. */
export const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/**
 * Runs a program until it exits. A non-zero exit code is a result, not an error. Throws CommandError when the program
 * cannot be started or does not exit in time.
 */
export async function runCommand(request: CommandRequest): Promise<CommandResult> {
  const { file, args, env, cwd, input, inherited = [], timeoutMs, signal } = request;
  const { maxOutputBytes = MAX_OUTPUT_BYTES, stopSignal = 'SIGTERM' } = request;
  const options = {
    env,
    extendEnv: false,
    reject: false,
    stripFinalNewline: false,
    timeout: timeoutMs,
    maxBuffer: maxOutputBytes,
    killSignal: stopSignal,
    forceKillAfterDelay: 5000,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe', ...inherited.map(asDescriptor)],
    ...(input === undefined ? {} : { input }),
    ...(cwd === undefined ? {} : { cwd }),
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  } satisfies Options;
  const ended = await execa(file, args, options);
  if (ended.timedOut) {
    throw new CommandError(`${file}: did not exit within ${timeoutMs / 1000} s and was stopped`);
  }
  if (ended.isMaxBuffer) throw outputLimitError(file, maxOutputBytes);
  if (ended.exitCode === undefined && ended.signal === undefined && !ended.isCanceled) {
    throw new CommandError(`${file}: could not be run (${ended.code ?? 'unknown reason'})`);
  }
  return {
    exitCode: ended.exitCode,
    signal: ended.signal,
    stdout: ended.stdout,
    stderr: ended.stderr,
  };
}

/** Returns the error for a program that printed more than `maxOutputBytes`. */
export function outputLimitError(file: string, maxOutputBytes: number): OutputLimitError {
  return new OutputLimitError(`${file}: printed more than ${maxOutputBytes} bytes and was stopped`);
}

/** A program that keeps running when this process exits. It gets its own process group and writes to files. */
export interface DetachedRequest {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** The file descriptors of this process that become the program's standard output and standard error. */
  readonly stdout: number;
  readonly stderr: number;
  /** The file descriptors of this process that become the program's descriptors 3, 4 and so on. */
  readonly inherited: readonly number[];
}

/** A running detached program. */
export interface DetachedProgram {
  readonly pid: number;
  /** Resolves when the program has exited or was stopped, as long as this process lives. */
  readonly ended: Promise<void>;
}

/** Starts a program that outlives this process. Throws CommandError when it cannot be started. */
export function startDetached(request: DetachedRequest): DetachedProgram {
  const { file, args, env, cwd, stdout, stderr, inherited } = request;
  const options: Options = {
    env,
    extendEnv: false,
    cwd,
    stdio: ['ignore', asDescriptor(stdout), asDescriptor(stderr), ...inherited.map(asDescriptor)],
    detached: true,
    cleanup: false,
    reject: false,
  };
  const child = execa(file, args, options);
  child.unref();
  const { pid } = child;
  if (pid === undefined) throw new CommandError(`${file}: could not be started`);
  return { pid, ended: child.then(() => undefined) };
}

/** Casts a descriptor for execa, which accepts every descriptor but declares only those up to 9 in its types. */
function asDescriptor(descriptor: number): 3 {
  return descriptor as 3;
}
