import { spawnSync } from 'node:child_process';
import {
  CommandError,
  type CommandRequest,
  type CommandResult,
  MAX_OUTPUT_BYTES,
  type RunCommand,
  outputLimitError,
} from './command.ts';
import { errorCodeOf } from '../error-code.ts';

/**
 * Runs a program as `runCommand` does, but blocks this process until the program has ended. A hook has nothing else to
 * do in the meantime, and this needs half of the processor time (docs/adr/0014-hooks-are-one-bundle.md). The signal of
 * the request is ignored. A program that is out of time is killed, as one that ignores SIGTERM would block for ever.
 */
export const runBlocking: RunCommand = (request) =>
  new Promise((resolve) => {
    resolve(runToEnd(request));
  });

function runToEnd(request: CommandRequest): CommandResult {
  const { file, args, env, cwd, input, timeoutMs, maxOutputBytes = MAX_OUTPUT_BYTES } = request;
  const { status, signal, stdout, stderr, error } = spawnSync(file, args, {
    env: { ...env },
    cwd,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    ...(input === undefined ? {} : { input }),
    encoding: 'utf8',
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    maxBuffer: maxOutputBytes,
  });
  // A program that ends well without reading its input has an exit code and an error, EPIPE.
  if (errorCodeOf(error) === 'ENOBUFS') throw outputLimitError(file, maxOutputBytes);
  if (error !== undefined && status === null)
    throw new CommandError(`${file}: ${reasonOf(error, timeoutMs)}`);
  return { exitCode: status ?? undefined, signal: signal ?? undefined, stdout, stderr };
}

function reasonOf(error: Error, timeoutMs: number): string {
  const code = errorCodeOf(error);
  if (code === 'ETIMEDOUT') return `did not exit within ${timeoutMs / 1000} s and was stopped`;
  return `could not be run (${code ?? 'unknown reason'})`;
}
