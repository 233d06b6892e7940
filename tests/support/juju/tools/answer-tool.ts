import { actionFail, actionGet, actionLog, actionSet } from './action-tools.ts';
import type { HookContext } from '../charm/hook-context.ts';
import type { ToolCall } from '../model/model.ts';
import { relationGet, relationIds, relationList, relationSet } from './relation-tools.ts';
import { secretGet, secretIds, secretInfoGet } from './secret-tools.ts';
import { stateDelete, stateGet, stateSet } from './state-tools.ts';
import { ToolRefusal } from './tool-options.ts';
import { StdinNeeded } from './tool-stdin.ts';
import {
  applicationVersionSet,
  configGet,
  goalState,
  isLeader,
  jujuLog,
  networkGet,
  statusGet,
  statusSet,
} from './unit-tools.ts';

/** The exit code and the output of a hook tool. */
export interface ToolAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

type Tool = (context: HookContext, args: readonly string[], stdin: string | undefined) => string;

const TOOLS: ReadonlyMap<string, Tool> = new Map([
  ['action-fail', actionFail],
  ['action-get', actionGet],
  ['action-log', actionLog],
  ['action-set', actionSet],
  ['application-version-set', applicationVersionSet],
  ['config-get', configGet],
  ['goal-state', goalState],
  ['is-leader', isLeader],
  ['juju-log', jujuLog],
  ['network-get', networkGet],
  ['relation-get', relationGet],
  ['relation-ids', relationIds],
  ['relation-list', relationList],
  ['relation-set', relationSet],
  ['secret-get', secretGet],
  ['secret-ids', secretIds],
  ['secret-info-get', secretInfoGet],
  ['state-delete', stateDelete],
  ['state-get', stateGet],
  ['state-set', stateSet],
  ['status-get', statusGet],
  ['status-set', statusSet],
]);

/** The supported hook tools: those of Juju 3.6 that this charm may use. */
export const TOOL_NAMES: readonly string[] = [...TOOLS.keys()];

/**
 * Answers a call of a hook tool and applies it to the context and its model. Returns `'stdin required'` when the tool
 * reads its standard input; the caller then reads it to the end and calls again with it.
 */
export function answerTool(
  context: HookContext,
  tool: string,
  args: readonly string[],
  stdin?: string,
): ToolAnswer | 'stdin required' {
  const call = { tool, args, stdin };
  try {
    const stdout = callTool(context, tool, args, stdin);
    return record(context, call, { code: 0, stdout, stderr: '' });
  } catch (error) {
    if (error instanceof StdinNeeded) return 'stdin required';
    if (!(error instanceof ToolRefusal)) throw error;
    const stderr = `ERROR ${error.message}\n`;
    return record(context, call, { code: error.code, stdout: '', stderr });
  }
}

function callTool(
  context: HookContext,
  name: string,
  args: readonly string[],
  stdin: string | undefined,
): string {
  if (!context.isOpen) {
    throw new ToolRefusal(1, `bad request: wrong context ID; got ${JSON.stringify(context.id)}`);
  }
  const tool = TOOLS.get(name);
  if (tool === undefined) throw new ToolRefusal(1, `bad request: unknown command: ${name}`);
  return tool(context, args, stdin);
}

function record(
  { model, id, name }: HookContext,
  call: Pick<ToolCall, 'tool' | 'args' | 'stdin'>,
  answer: ToolAnswer,
): ToolAnswer {
  const { code, stderr } = answer;
  model.toolCalls.push({ at: model.now(), contextId: id, during: name, ...call, code, stderr });
  return answer;
}
