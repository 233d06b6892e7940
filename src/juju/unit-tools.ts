import { anything, flag, mapping, withDefault } from '../model/decode.ts';
import type { UnitStatus } from '../model/unit-status.ts';
import { type ToolCaller, askTool, callTool } from './call-tool.ts';
import type { JujuLogLevel } from './hook-tools.ts';
import { oneLine, splitForArguments } from './one-line.ts';

type Values = Readonly<Record<string, unknown>>;

const values = withDefault(mapping(anything), {});

/** `config-get`: options that have a value or a default. */
export function configGet(caller: ToolCaller): Promise<Values> {
  return askTool({ tool: 'config-get', args: [] }, values, caller);
}

/** `is-leader`: of this application's units, is it the one that acts for all? */
export function isLeader(caller: ToolCaller): Promise<boolean> {
  return askTool({ tool: 'is-leader', args: [] }, flag, caller);
}

/** `status-set`: seen at once, whether or not the hook ends well. */
export async function statusSet({ name, message }: UnitStatus, caller: ToolCaller): Promise<void> {
  await callTool({ tool: 'status-set', args: [name], words: [oneLine(message)] }, caller);
}

/** `application-version-set`: seen at once. */
export async function applicationVersionSet(version: string, caller: ToolCaller): Promise<void> {
  await callTool({ tool: 'application-version-set', args: [], words: [oneLine(version)] }, caller);
}

/** `juju-log`: one line, in several calls when it is very long. */
export async function jujuLog(level: JujuLogLevel, message: string, caller: ToolCaller): Promise<void> {
  for (const part of splitForArguments(oneLine(message))) {
    await callTool({ tool: 'juju-log', args: ['--log-level', level], words: [part] }, caller);
  }
}

/** `action-get`: the action's parameters, defaults included. */
export function actionGet(caller: ToolCaller): Promise<Values> {
  return askTool({ tool: 'action-get', args: [] }, values, caller);
}

/** `action-set`: what the action's caller is given. */
export async function actionSet(
  results: Readonly<Record<string, string>>,
  caller: ToolCaller,
): Promise<void> {
  const words = Object.entries(results).map(([key, value]) => `${key}=${value}`);
  if (words.length > 0) await callTool({ tool: 'action-set', args: [], words }, caller);
}

/** `action-fail`: the action has failed, though the process may end well. */
export async function actionFail(message: string, caller: ToolCaller): Promise<void> {
  await callTool({ tool: 'action-fail', args: [], words: [oneLine(message)] }, caller);
}
