import {
  CommandError,
  type CommandResult,
  type RunCommand,
  outputLimitError,
} from '../../../../src/system/process/command.ts';
import { answerTool } from './answer-tool.ts';
import type { HookContext } from '../charm/hook-context.ts';

/** The kernel's limit of one argument, with the NUL at its end. */
const MAX_ARGUMENT_BYTES = 128 * 1024;

/** Runs the tools of `createHookTools` directly on a context, without processes but with their limits. */
export function toolRunner(context: HookContext): RunCommand {
  return async (request) => {
    await Promise.resolve();
    const { file, args, env, input } = request;
    const refusal = refuseEnvironment(context, env['JUJU_CONTEXT_ID']);
    if (refusal !== undefined) return failure(refusal);
    if (args.some((arg) => Buffer.byteLength(arg) >= MAX_ARGUMENT_BYTES))
      throw new CommandError(`${file}: could not be run (E2BIG)`);
    const first = answerTool(context, file, args);
    const answer = first === 'stdin required' ? answerTool(context, file, args, input ?? '') : first;
    if (answer === 'stdin required') throw new Error(`${file} asked for its input twice`);
    const { code, stdout, stderr } = answer;
    const { maxOutputBytes = Infinity } = request;
    if (Buffer.byteLength(stdout) > maxOutputBytes) throw outputLimitError(file, maxOutputBytes);
    return { exitCode: code, signal: undefined, stdout, stderr };
  };
}

function refuseEnvironment({ id }: HookContext, given: string | undefined): string | undefined {
  if (given === undefined || given === '') return 'JUJU_CONTEXT_ID not set';
  return given === id ? undefined : `bad request: wrong context ID; got ${JSON.stringify(given)}`;
}

function failure(message: string): CommandResult {
  return { exitCode: 1, signal: undefined, stdout: '', stderr: `ERROR ${message}\n` };
}
