import { anything, flag, list, mapping, text, withDefault } from '../model/decode.ts';
import type { UnitStatus } from '../model/unit/unit-status.ts';
import { type ToolCaller, callJsonTool, callTool } from './call-tool.ts';
import type { JujuLogLevel } from './hook-tools.ts';
import { cutToBytes, oneLine } from './one-line.ts';

type Values = Readonly<Record<string, unknown>>;

const values = withDefault(mapping(anything), {});

/** Runs `config-get` and returns the options that have a value or a default. */
export function configGet(caller: ToolCaller): Promise<Values> {
  return callJsonTool({ tool: 'config-get', args: [] }, values, caller);
}

/** Runs `is-leader`. Reports whether this unit leads its application. */
export function isLeader(caller: ToolCaller): Promise<boolean> {
  return callJsonTool({ tool: 'is-leader', args: [] }, flag, caller);
}

/** Runs `network-get` for the binding that every unit has. Returns the networks from which its traffic leaves. */
export function egressSubnets(caller: ToolCaller): Promise<readonly string[]> {
  const args = ['juju-info', '--egress-subnets'];
  return callJsonTool({ tool: 'network-get', args }, withDefault(list(text), []), caller);
}

/** Runs `status-set`. The status is visible immediately, even when the hook fails later. */
export async function statusSet({ name, message }: UnitStatus, caller: ToolCaller): Promise<void> {
  await callTool({ tool: 'status-set', args: [name], operands: [oneLine(message)] }, caller);
}

/** Runs `application-version-set`. The version is visible immediately, even when the hook fails later. */
export async function applicationVersionSet(version: string, caller: ToolCaller): Promise<void> {
  await callTool({ tool: 'application-version-set', args: [], operands: [oneLine(version)] }, caller);
}

/** Runs `juju-log` with the message on one line. */
export async function jujuLog(level: JujuLogLevel, message: string, caller: ToolCaller): Promise<void> {
  const line = oneLine(message);
  if (line === '') return;
  await callTool({ tool: 'juju-log', args: ['--log-level', level], operands: [line] }, caller);
}

/** Runs `action-get` and returns the action's parameters, defaults included. */
export function actionGet(caller: ToolCaller): Promise<Values> {
  return callJsonTool({ tool: 'action-get', args: [] }, values, caller);
}

/** Runs `action-set`, which adds to the results shown to the caller of the action. */
export async function actionSet(
  results: Readonly<Record<string, string>>,
  caller: ToolCaller,
): Promise<void> {
  const operands = Object.entries(results).map(([key, value]) => cutToBytes(`${key}=${value}`));
  if (operands.length > 0) await callTool({ tool: 'action-set', args: [], operands }, caller);
}

/** Runs `action-fail`, which fails the action even when the process exits with 0. */
export async function actionFail(message: string, caller: ToolCaller): Promise<void> {
  await callTool({ tool: 'action-fail', args: [], operands: [oneLine(message)] }, caller);
}
