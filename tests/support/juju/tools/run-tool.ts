import type { CommandResult, RunCommand } from '../../../../src/system/process/command.ts';
import { answerTool } from './answer-tool.ts';
import type { HookContext } from '../charm/hook-context.ts';

/** Runs the tools of `createHookTools` directly on a context, without processes. */
export function toolRunner(context: HookContext): RunCommand {
  return (request) => {
    const { file, args, env, input } = request;
    const refusal = refuseEnvironment(context, env['JUJU_CONTEXT_ID']);
    if (refusal !== undefined) return Promise.resolve(failure(refusal));
    const first = answerTool(context, file, args);
    const answer = first === 'stdin required' ? answerTool(context, file, args, input ?? '') : first;
    if (answer === 'stdin required') throw new Error(`${file} asked for its input twice`);
    const { code, stdout, stderr } = answer;
    return Promise.resolve({ exitCode: code, signal: undefined, stdout, stderr });
  };
}

function refuseEnvironment({ id }: HookContext, given: string | undefined): string | undefined {
  if (given === undefined || given === '') return 'JUJU_CONTEXT_ID not set';
  return given === id ? undefined : `bad request: wrong context ID; got ${JSON.stringify(given)}`;
}

function failure(message: string): CommandResult {
  return { exitCode: 1, signal: undefined, stdout: '', stderr: `ERROR ${message}\n` };
}
