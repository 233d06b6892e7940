import { anyString, list, mapping, text, withDefault } from '../model/decode.ts';
import { type ToolCaller, askTool, callTool } from './call-tool.ts';
import { HookToolError, type HookToolReason } from './errors.ts';

type Databag = Readonly<Record<string, string>>;

/** `relation-ids`: `endpoint:3`, …, by number. */
export async function relationIds(endpoint: string, caller: ToolCaller): Promise<readonly string[]> {
  const ids = await askTool({ tool: 'relation-ids', args: [endpoint] }, withDefault(list(text), []), caller);
  return byNumber(ids, ':');
}

/** `relation-list`: the remote units, by number; none when the relation is gone. */
export async function relationList(relation: string, caller: ToolCaller): Promise<readonly string[]> {
  const call = { tool: 'relation-list', args: ['-r', relation] };
  const units = await unless(['not found'], askTool(call, withDefault(list(text), []), caller));
  return byNumber(units ?? [], '/');
}

/** `relation-list --app`: the remote application. */
export function relationApplication(relation: string, caller: ToolCaller): Promise<string> {
  return askTool({ tool: 'relation-list', args: ['-r', relation, '--app'] }, text, caller);
}

/** `relation-get`: a unit's databag; `undefined` when unit or relation is gone. */
export function relationGet(
  relation: string,
  unit: string,
  caller: ToolCaller,
): Promise<Databag | undefined> {
  const call = { tool: 'relation-get', args: ['-r', relation, '-', unit] };
  const answer = askTool(call, withDefault(mapping(anyString), undefined), caller);
  return unless(['not found', 'denied'], answer); // denied: what Juju 3.6 says of a relation that is gone
}

/** `relation-set`: changes our unit's databag when the hook ends well. */
export async function relationSet(relation: string, changes: Databag, caller: ToolCaller): Promise<void> {
  if (Object.keys(changes).length === 0) return;
  const input = JSON.stringify(changes); // not by argv, which is short and seen by every user of the host
  await callTool({ tool: 'relation-set', args: ['-r', relation, '--file', '-'], input }, caller);
}

async function unless<T>(reasons: readonly HookToolReason[], answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof HookToolError && reasons.includes(error.reason)) return undefined;
    throw error;
  }
}

/** Juju sorts these as text: 1, 10, 2. */
function byNumber(names: readonly string[], separator: ':' | '/'): readonly string[] {
  const numberOf = (name: string): number => Number(name.slice(name.lastIndexOf(separator) + 1));
  return [...names].sort((a, b) => numberOf(a) - numberOf(b) || (a < b ? -1 : 1));
}
