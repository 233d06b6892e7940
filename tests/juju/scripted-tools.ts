import type { CommandRequest, CommandResult, RunCommand } from '../../src/system/process/command.ts';

/** How a scripted program answers; it ends well with empty output when nothing else is said. */
export type Answer = Partial<CommandResult> | Error;

/** Answers in place of other programs, and remembers what they were asked. */
export function scriptAnswers(answer: (request: CommandRequest) => Answer) {
  const requests: CommandRequest[] = [];
  const run: RunCommand = (request) => {
    requests.push(request);
    const told = answer(request);
    if (told instanceof Error) return Promise.reject(told);
    return Promise.resolve({ exitCode: 0, signal: undefined, stdout: '', stderr: '', ...told });
  };
  return { run, requests, argv: () => requests.map(({ file, args }) => [file, ...args]) };
}

/** What a program prints as JSON. */
export const json = (value: unknown): Answer => ({ stdout: `${JSON.stringify(value)}\n` });

/** How a hook tool fails. */
export const failure = (message: string, exitCode = 1): Answer => ({
  exitCode,
  stderr: `ERROR ${message}\n`,
});
