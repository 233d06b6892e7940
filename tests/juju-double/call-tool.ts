import { answerTool } from '../support/juju/tools/answer-tool.ts';
import type { HookContext } from '../support/juju/charm/hook-context.ts';

/** What a call of a hook tool prints, or `<code> <stderr>`. */
export function call(context: HookContext, tool: string, ...args: readonly string[]): string {
  const answer = answerTool(context, tool, args);
  if (answer === 'stdin required') return answer;
  return answer.code === 0 ? answer.stdout : `${answer.code} ${answer.stderr.trim()}`;
}
