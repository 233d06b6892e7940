import type { CommandRequest, CommandResult, RunCommand } from '../../src/system/process/command.ts';

/** The result of a scripted program; by default it exits with 0 and prints nothing. */
export type Answer = Partial<CommandResult> | Error;

/** Creates a runner that answers in place of programs and records the requests. */
export function scriptAnswers(answer: (request: CommandRequest) => Answer) {
  const requests: CommandRequest[] = [];
  const run: RunCommand = (request) => {
    requests.push(request);
    const result = answer(request);
    if (result instanceof Error) return Promise.reject(result);
    return Promise.resolve({ exitCode: 0, signal: undefined, stdout: '', stderr: '', ...result });
  };
  return { run, requests, argv: () => requests.map(({ file, args }) => [file, ...args]) };
}

/** Returns the result of a program that prints JSON. */
export const json = (value: unknown): Answer => ({ stdout: `${JSON.stringify(value)}\n` });

/** Returns the result of a hook tool that fails. */
export const failure = (message: string, exitCode = 1): Answer => ({
  exitCode,
  stderr: `ERROR ${message}\n`,
});
