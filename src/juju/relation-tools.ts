import { anyString, list, mapping, text, withDefault } from '../model/decode.ts';
import { type ToolCaller, callJsonTool, callTool } from './call-tool.ts';
import { HookToolError, type HookToolReason } from './errors.ts';

type Databag = Readonly<Record<string, string>>;

/** Juju accepts 16 MiB from anybody who integrates; real databags have less than 10 KiB. */
const MAX_DATABAG_BYTES = 1024 * 1024;

/** Runs `relation-ids` and returns ids such as `endpoint:3`, sorted by number. */
export async function relationIds(endpoint: string, caller: ToolCaller): Promise<readonly string[]> {
  const ids = await callJsonTool(
    { tool: 'relation-ids', args: [endpoint] },
    withDefault(list(text), []),
    caller,
  );
  return byNumber(ids, ':');
}

/** Runs `relation-list` and returns the remote units, sorted by number; none when the relation no longer exists. */
export async function relationList(relation: string, caller: ToolCaller): Promise<readonly string[]> {
  const call = { tool: 'relation-list', args: ['-r', relation] };
  const units = await undefinedOn(['not found'], callJsonTool(call, withDefault(list(text), []), caller));
  return byNumber(units ?? [], '/');
}

/** Runs `relation-list --app` and returns the remote application. */
export function relationApplication(relation: string, caller: ToolCaller): Promise<string> {
  return callJsonTool({ tool: 'relation-list', args: ['-r', relation, '--app'] }, text, caller);
}

/** Runs `relation-get` and returns a unit's databag; undefined when the unit or the relation no longer exists. */
export function relationGet(
  relation: string,
  unit: string,
  caller: ToolCaller,
): Promise<Databag | undefined> {
  const args = ['-r', relation, '-', unit];
  const call = { tool: 'relation-get', args, maxOutputBytes: MAX_DATABAG_BYTES };
  const databag = callJsonTool(call, withDefault(mapping(anyString), undefined), caller);
  return undefinedOn(['not found', 'denied'], databag); // Juju 3.6 answers "permission denied" for a removed relation
}

/** Runs `relation-get --app` and returns an application's databag; undefined when the relation no longer exists. */
export function relationGetApp(
  relation: string,
  application: string,
  caller: ToolCaller,
): Promise<Databag | undefined> {
  const args = ['-r', relation, '--app', '-', application];
  const call = { tool: 'relation-get', args, maxOutputBytes: MAX_DATABAG_BYTES };
  const databag = callJsonTool(call, withDefault(mapping(anyString), undefined), caller);
  return undefinedOn(['not found', 'denied'], databag);
}

/** Runs `relation-set`. Juju applies the changes to this unit's databag when the hook succeeds. */
export function relationSet(relation: string, changes: Databag, caller: ToolCaller): Promise<void> {
  return setRelation(['-r', relation], changes, caller);
}

/** Runs `relation-set --app`, which only the leader may. Juju applies the changes when the hook succeeds. */
export function relationSetApp(relation: string, changes: Databag, caller: ToolCaller): Promise<void> {
  return setRelation(['-r', relation, '--app'], changes, caller);
}

async function setRelation(args: readonly string[], changes: Databag, caller: ToolCaller): Promise<void> {
  if (Object.keys(changes).length === 0) return;
  const input = JSON.stringify(changes); // argv has a size limit and is visible to every user of the host
  await callTool({ tool: 'relation-set', args: [...args, '--file', '-'], input }, caller);
}

/** Returns undefined in place of a failure with one of these reasons. */
async function undefinedOn<T>(
  reasons: readonly HookToolReason[],
  output: Promise<T>,
): Promise<T | undefined> {
  try {
    return await output;
  } catch (error) {
    if (error instanceof HookToolError && reasons.includes(error.reason)) return undefined;
    throw error;
  }
}

/** Sorts names by their number; Juju sorts them as text: 1, 10, 2. */
function byNumber(names: readonly string[], separator: ':' | '/'): readonly string[] {
  const numberOf = (name: string): number => Number(name.slice(name.lastIndexOf(separator) + 1));
  return [...names].sort((a, b) => numberOf(a) - numberOf(b) || (a < b ? -1 : 1));
}
