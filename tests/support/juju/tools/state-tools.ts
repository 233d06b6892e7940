import type { HookContext } from '../charm/hook-context.ts';
import { isMapping } from '../model/json-schema.ts';
import { profileOf } from '../model/profile.ts';
import { parseYaml } from '../../../../src/system/yaml.ts';
import { ToolRefusal, parseOptions, parsePairs, refuseSurplus } from './tool-options.ts';
import { FORMAT, render } from './tool-output.ts';
import { readGivenFile } from './tool-stdin.ts';

const MAX_KEY_BYTES = 256;

const MAX_VALUE_BYTES = 65_536;

/** Answers `state-get`. */
export function stateGet(context: HookContext, args: readonly string[]): string {
  const { values, flags, operands } = parseOptions(args, { ...FORMAT, strict: 'flag' });
  const [key = '-', ...surplus] = operands;
  refuseSurplus(surplus);
  const state = readState(context);
  const all = Object.keys(state).length > 0 ? state : profileOf(context.model).emptyState;
  if (key === '-') return render(all, values['format'] ?? 'smart');
  const value = state[key];
  if (value === undefined && flags.has('strict'))
    throw new ToolRefusal(1, `${JSON.stringify(key)} not found`);
  return render(value ?? '', values['format'] ?? 'smart');
}

function readState({ model, pending }: HookContext): Readonly<Record<string, string>> {
  const state = new Map<string, string | undefined>([...model.state, ...pending.state]);
  return Object.fromEntries(
    [...state].flatMap(([key, value]): [string, string][] => (value === undefined ? [] : [[key, value]])),
  );
}

/** Answers `state-set`. */
export function stateSet(
  { pending }: HookContext,
  args: readonly string[],
  stdin: string | undefined,
): string {
  const { values, operands } = parseOptions(args, { file: 'value' });
  const pairs = parsePairs(operands);
  const fromFile = values['file'] === undefined ? {} : parseFile(readGivenFile(values['file'], stdin));
  const changes = Object.entries({ ...fromFile, ...pairs });
  for (const [key, value] of changes) {
    checkLength('key', key, MAX_KEY_BYTES);
    checkLength('value', value, MAX_VALUE_BYTES);
  }
  for (const [key, value] of changes) pending.state.set(key, value);
  return '';
}

function checkLength(what: 'key' | 'value', text: string, maxBytes: number): void {
  if (Buffer.byteLength(text) <= maxBytes) return;
  throw new ToolRefusal(1, `max allowed ${what} length (${maxBytes}) exceeded`);
}

function parseFile(text: string): Readonly<Record<string, string>> {
  const value = parseYaml(text) ?? {};
  if (!isMapping(value))
    throw new ToolRefusal(1, 'yaml: unmarshal errors: cannot unmarshal into map[string]string');
  const entries = Object.entries(value).map(([key, each]): [string, string] => {
    if (typeof each === 'string') return [key, each];
    throw new ToolRefusal(1, 'yaml: unmarshal errors: cannot unmarshal into string');
  });
  return Object.fromEntries(entries);
}

/** Answers `state-delete`. */
export function stateDelete({ pending }: HookContext, args: readonly string[]): string {
  const { operands } = parseOptions(args, {});
  const [key, ...surplus] = operands;
  if (key === undefined) throw new ToolRefusal(2, 'missing key');
  refuseSurplus(surplus);
  pending.state.set(key, undefined);
  return '';
}
