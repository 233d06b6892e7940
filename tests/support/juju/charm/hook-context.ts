import { readConfig } from '../model/config-values.ts';
import type { ConfigValue } from './charm-files.ts';
import type {
  ActionResults,
  ActionTask,
  Databag,
  Model,
  Relation,
  SecretTracking,
  UserSecret,
} from '../model/model.ts';
import { applyChanges, nameOf, replaceBag } from '../model/relations.ts';

/** An event for which Juju runs the charm. */
export type JujuEvent =
  | { readonly kind: 'hook'; readonly name: string }
  | {
      readonly kind: 'relation';
      readonly change: 'created' | 'joined' | 'changed' | 'departed' | 'broken';
      readonly relationId: number;
      /** Set for joined, departed, and for changed unless the application's databag changed. */
      readonly remoteUnit?: string;
      /** Set for departed: the unit that leaves the relation. */
      readonly departingUnit?: string;
    }
  | { readonly kind: 'secret-changed'; readonly secretId: string }
  | { readonly kind: 'action'; readonly task: ActionTask }
  | { readonly kind: 'exec'; readonly commands: string };

/** The context of one run of the charm, with its writes, which reach the model only on success. */
export interface HookContext {
  readonly id: string;
  readonly model: Model;
  readonly event: JujuEvent;
  /** `image-relation-changed`; an action's name; `run-commands` under juju-exec. */
  readonly name: string;
  readonly relation: Relation | undefined;
  readonly pending: {
    readonly unitBags: Map<number, Databag>;
    readonly appBags: Map<number, Databag>;
    /** Undefined marks a deleted key. */
    readonly state: Map<string, string | undefined>;
    /** The effects of secret-get, where they are not immediate. */
    readonly secrets: Map<UserSecret, SecretTracking>;
  };
  /** Values that are read only once in each context. */
  readonly cache: {
    config?: Readonly<Record<string, ConfigValue>>;
    readonly bags: Map<string, Databag>;
  };
  readonly results: ActionResults;
  failure: string | undefined;
  isOpen: boolean;
}

/** The maximum size of one databag and of the whole state. */
const QUOTA_BYTES = 16 * 1024 * 1024;

/** Opens the context for a run of the charm. Throws when the event is impossible in the current model. */
export function openContext(model: Model, event: JujuEvent): HookContext {
  const relation = event.kind === 'relation' ? getRelation(model, event.relationId) : undefined;
  if (event.kind === 'relation' && relation !== undefined) checkRelationEvent(event, relation);
  const name = nameOfEvent(event, relation);
  model.last.context += 1;
  return {
    id: `${model.unit}-${name}-${(0x5eed_0000 + model.last.context).toString(16)}`,
    ...{ model, event, name, relation },
    pending: { unitBags: new Map(), appBags: new Map(), state: new Map(), secrets: new Map() },
    cache: { bags: new Map() },
    ...{ results: {}, failure: undefined, isOpen: true },
  };
}

function getRelation({ relations }: Model, id: number): Relation {
  const relation = relations.find((each) => each.id === id);
  if (relation === undefined) throw new Error(`no relation ${id} in the model`);
  return relation;
}

function checkRelationEvent(event: JujuEvent & { kind: 'relation' }, relation: Relation): void {
  const { change, remoteUnit, departingUnit } = event;
  const needsUnit = change === 'joined' || change === 'departed';
  const takesUnit = needsUnit || change === 'changed';
  if (needsUnit && remoteUnit === undefined) throw new Error(`relation-${change} needs a remote unit`);
  if (!takesUnit && remoteUnit !== undefined) throw new Error(`relation-${change} takes no remote unit`);
  if ((departingUnit !== undefined) !== (change === 'departed')) {
    throw new Error('only relation-departed has a departing unit, and it needs one');
  }
  if (remoteUnit !== undefined && !relation.remoteUnits.has(remoteUnit)) {
    throw new Error(`${remoteUnit} is not in ${nameOf(relation)}`);
  }
}

function nameOfEvent(event: JujuEvent, relation: Relation | undefined): string {
  if (event.kind === 'hook') return event.name;
  if (event.kind === 'relation') return `${relation?.endpoint ?? ''}-relation-${event.change}`;
  if (event.kind === 'action') return event.task.name;
  return event.kind === 'exec' ? 'run-commands' : event.kind;
}

/** Ends the run and applies all its writes to the model. When the flush fails, applies none and returns the problem. */
export function commit(context: HookContext): string | undefined {
  context.isOpen = false;
  const { model, pending } = context;
  const writes = [pending.unitBags, pending.appBags, pending.state, pending.secrets];
  if (writes.every(({ size }) => size === 0)) return undefined;
  const problem = model.failNextFlush ?? findFlushProblem(context);
  model.failNextFlush = undefined;
  if (problem !== undefined) return problem;
  for (const relation of model.relations) {
    replaceBag(relation.ourUnit, applyChanges(relation.ourUnit, pending.unitBags.get(relation.id) ?? {}));
    replaceBag(relation.ourApp, applyChanges(relation.ourApp, pending.appBags.get(relation.id) ?? {}));
  }
  for (const [secret, tracking] of pending.secrets) Object.assign(secret, tracking);
  for (const [key, value] of pending.state) {
    if (value === undefined) model.state.delete(key);
    else model.state.set(key, value);
  }
  return undefined;
}

/** Ends the run and discards its writes. */
export function drop(context: HookContext): void {
  context.isOpen = false;
}

function findFlushProblem({ model, pending }: HookContext): string | undefined {
  if (pending.appBags.size > 0 && !model.leader) return 'cannot write relation settings: not the leader';
  const written = [...pending.unitBags.keys(), ...pending.appBags.keys()];
  if (written.some((id) => !model.relations.some((each) => each.id === id))) return 'relation not found';
  const bags = model.relations.flatMap(({ id, ourUnit, ourApp }) => [
    applyChanges(ourUnit, pending.unitBags.get(id) ?? {}),
    applyChanges(ourApp, pending.appBags.get(id) ?? {}),
  ]);
  const isTooLarge = bags.some((bag) => Buffer.byteLength(JSON.stringify(bag)) > QUOTA_BYTES);
  return isTooLarge ? 'max allowed size (16777216) exceeded' : undefined;
}

/** Returns the context's snapshot of the config. */
export function contextConfig(context: HookContext): Readonly<Record<string, ConfigValue>> {
  context.cache.config ??= readConfig(context.model);
  return context.cache.config;
}
