import { type Options, execa } from 'execa';
import { ProductError } from '../model/errors.ts';

/** A program to run to its end. */
export interface CommandRequest {
  readonly file: string;
  /** No secret may be among them: every user of the host can read them. */
  readonly args: readonly string[];
  /** All of it: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string | undefined;
  readonly input?: string | undefined;
  readonly timeoutMs: number;
  /** Ends the program with SIGTERM. */
  readonly signal?: AbortSignal | undefined;
}

/** How a program ended. */
export interface CommandResult {
  /** Absent when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program could not be started, or did not end in time. */
export class CommandError extends ProductError {
  readonly kind = 'unavailable';
}

/** Runs other programs; injected, so that tests answer in their place. */
export type RunCommand = (request: CommandRequest) => Promise<CommandResult>;

/** More than any of our programs prints. */
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/** Runs a program; an exit code other than 0 is a result. Throws CommandError when it did not start or end. */
export async function runCommand(request: CommandRequest): Promise<CommandResult> {
  const { file, args, env, cwd, input, timeoutMs, signal } = request;
  const options = {
    env,
    extendEnv: false,
    reject: false,
    stripFinalNewline: false,
    timeout: timeoutMs,
    maxBuffer: MAX_OUTPUT_BYTES,
    forceKillAfterDelay: 5000,
    ...(input === undefined ? { stdin: 'ignore' } : { input }),
    ...(cwd === undefined ? {} : { cwd }),
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  } satisfies Options;
  const ended = await execa(file, args, options);
  if (ended.timedOut) {
    throw new CommandError(`${file}: waited ${timeoutMs / 1000} s for it to end, and ended it`);
  }
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

/** A program that runs on by itself, whatever becomes of us: in a process group of its own, its output in files. */
export interface DetachedRequest {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Which descriptors of ours its standard output and error become. */
  readonly stdout: number;
  readonly stderr: number;
  /** Those that become its descriptors 3, 4, …. */
  readonly inherited: readonly number[];
}

/** A detached program, and its end as long as we live to see it. */
export interface Detached {
  readonly pid: number;
  /** Resolves when it has ended, however. */
  readonly ended: Promise<void>;
}

/** Starts a program that outlives us. Throws CommandError when it does not start. */
export function startDetached(request: DetachedRequest): Detached {
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

/** execa takes any descriptor; its types know those up to 9 only. */
function asDescriptor(descriptor: number): 3 {
  return descriptor as 3;
}
