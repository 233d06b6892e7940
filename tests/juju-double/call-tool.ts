import { answerTool } from '../support/juju/tools/answer-tool.ts';
import type { HookContext } from '../support/juju/charm/hook-context.ts';

/** Calls a hook tool. Returns its stdout, or `<code> <stderr>` when it fails. */
export function call(context: HookContext, tool: string, ...args: readonly string[]): string {
  const answer = answerTool(context, tool, args);
  if (answer === 'stdin required') return answer;
  return answer.code === 0 ? answer.stdout : `${answer.code} ${answer.stderr.trim()}`;
}
