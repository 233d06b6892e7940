import { FAILSAFE_SCHEMA, YAMLException, load } from 'js-yaml';
import type { HookContext } from '../charm/hook-context.ts';
import { isMapping } from '../model/json-schema.ts';
import type { Databag, Relation } from '../model/model.ts';
import { applyChanges, nameOf } from '../model/relations.ts';
import { ToolRefusal, parseOptions, parsePairs, refuseSurplus } from './tool-options.ts';
import { FORMAT, render } from './tool-output.ts';
import { readGivenFile } from './tool-stdin.ts';

const RELATION = { 'r,relation': 'value' } as const;

const UNIT = /^[a-z][a-z0-9]*(?:-[a-z0-9]*[a-z][a-z0-9]*)*\/(?:0|[1-9]\d*)$/;

/** Answers `relation-ids`. */
export function relationIds(context: HookContext, args: readonly string[]): string {
  const { values, operands } = parseOptions(args, FORMAT);
  const [endpoint = context.relation?.endpoint, ...surplus] = operands;
  if (endpoint === undefined) throw new ToolRefusal(2, 'no endpoint name specified');
  refuseSurplus(surplus);
  const broken = context.event.kind === 'relation' && context.event.change === 'broken';
  const ids = context.model.relations
    .filter((each) => each.endpoint === endpoint && each.created && !(broken && each === context.relation))
    .map(nameOf)
    .sort();
  return render(ids, values['format'] ?? 'smart');
}

/** Answers `relation-list`. */
export function relationList(context: HookContext, args: readonly string[]): string {
  const { values, flags, operands } = parseOptions(args, { ...FORMAT, ...RELATION, app: 'flag' });
  const relation = chooseRelation(context, values['r']);
  refuseSurplus(operands);
  const format = values['format'] ?? 'smart';
  if (flags.has('app')) return render(relation.remoteApplication, format);
  const joined = [...relation.remoteUnits.values()].filter((each) => each.joined);
  return render(joined.map((each) => each.name).sort(), format);
}

/** Answers `relation-get`. */
export function relationGet(context: HookContext, args: readonly string[]): string {
  const { values, flags, operands } = parseOptions(args, { ...FORMAT, ...RELATION, app: 'flag' });
  const relation = chooseRelation(context, values['r']);
  const [key = '-', given, ...surplus] = operands;
  const bag = readMember(context, relation, chooseMember(context, relation, given, flags.has('app')));
  refuseSurplus(surplus);
  return render(key === '-' ? bag : (bag[key] ?? null), values['format'] ?? 'smart');
}

function chooseRelation({ model, relation }: HookContext, given: string | undefined): Relation {
  if (given === undefined) {
    if (relation === undefined) throw new ToolRefusal(2, 'no relation id specified');
    return relation;
  }
  const split = given.lastIndexOf(':');
  const [endpoint, id] = [given.slice(0, Math.max(split, 0)), given.slice(split + 1)];
  const refuse = (reason: string): ToolRefusal =>
    new ToolRefusal(2, `invalid value "${given}" for option -r: ${reason}`);
  if (!/^\d+$/.test(id)) throw refuse('invalid relation id');
  const found = model.relations.find((each) => each.id === Number(id) && each.created);
  const isNamed = split === -1 || found?.endpoint === endpoint; // ops expects that Juju compares the endpoint
  if (found === undefined || !isNamed) throw refuse('relation not found');
  return found;
}

/** Returns the name of the unit or application whose databag is requested. */
function chooseMember(
  { event, relation: own }: HookContext,
  relation: Relation,
  given: string | undefined,
  wantsApp: boolean,
): string {
  const remoteUnit = event.kind === 'relation' && relation === own ? event.remoteUnit : undefined;
  const fallback = remoteUnit ?? (relation === own ? own.remoteApplication : undefined);
  const name = given ?? fallback;
  if (name === undefined) throw new ToolRefusal(2, 'no unit or application specified');
  if (wantsApp) return name.split('/')[0] ?? name;
  if (given === undefined || UNIT.test(given)) return name;
  if (given.includes('/')) throw new ToolRefusal(2, `invalid unit name ${JSON.stringify(given)}`);
  throw new ToolRefusal(2, `expected unit name, got application name ${JSON.stringify(given)}`);
}

function readMember(context: HookContext, relation: Relation, member: string): Databag {
  const { model, pending, cache } = context;
  if (member === model.unit) return applyChanges(relation.ourUnit, pending.unitBags.get(relation.id) ?? {});
  if (member === model.application) {
    if (!model.leader && !relation.isPeer) throw new ToolRefusal(1, 'permission denied');
    return applyChanges(relation.ourApp, pending.appBags.get(relation.id) ?? {});
  }
  const at = `${relation.id} ${member}`;
  const bag = cache.bags.get(at) ?? { ...findRemote(context, relation, member) };
  cache.bags.set(at, bag);
  return bag;
}

function findRemote({ model }: HookContext, relation: Relation, member: string): Databag {
  if (member === relation.remoteApplication) return relation.remoteApp.data;
  const unit = relation.remoteUnits.get(member);
  if (unit !== undefined) return unit.data; // the databag of a departed unit remains readable
  const { endpoint, remoteApplication } = relation;
  const where = `relation "${model.application}:${endpoint} ${remoteApplication}:${endpoint}"`;
  throw new ToolRefusal(
    1,
    `cannot read settings for unit "${member}" in ${where}: unit "${member}": settings not found`,
  );
}

/** Answers `relation-set`. */
export function relationSet(
  context: HookContext,
  args: readonly string[],
  stdin: string | undefined,
): string {
  const table = { ...FORMAT, ...RELATION, app: 'flag', file: 'value' } as const;
  const { values, flags, operands } = parseOptions(args, table);
  const relation = chooseRelation(context, values['r']);
  const pairs = parsePairs(operands);
  const { model, pending } = context;
  if (flags.has('app') && !model.leader) throw new ToolRefusal(1, 'cannot write relation settings');
  const fromFile = values['file'] === undefined ? {} : parseFile(readGivenFile(values['file'], stdin));
  const bags = flags.has('app') ? pending.appBags : pending.unitBags;
  bags.set(relation.id, { ...bags.get(relation.id), ...fromFile, ...pairs });
  return '';
}

/** Parses a YAML mapping of scalars and keeps each scalar as written. */
function parseFile(text: string): Databag {
  if (text.trim() === '') return {};
  if (/(?<!\\)(?:\\\\)*\\u[dD][89a-fA-F]/.test(text)) {
    throw new ToolRefusal(1, 'yaml: invalid Unicode character escape code'); // Go refuses half a surrogate pair
  }
  const value = loadYaml(text);
  if (!isMapping(value))
    throw new ToolRefusal(1, 'yaml: unmarshal errors: cannot unmarshal into map[string]string');
  const entries = Object.entries(value).map(([key, each]): [string, string] => {
    if (typeof each === 'string') return [key, each];
    throw new ToolRefusal(1, 'yaml: unmarshal errors:\n  line 1: cannot unmarshal !!map into string');
  });
  return Object.fromEntries(entries);
}

function loadYaml(text: string): unknown {
  try {
    return load(text, { schema: FAILSAFE_SCHEMA });
  } catch (error) {
    if (error instanceof YAMLException) throw new ToolRefusal(1, `yaml: ${error.reason}`);
    throw error;
  }
}
