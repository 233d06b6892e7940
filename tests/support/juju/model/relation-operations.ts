import type { Model, Relation, RemoteUnit } from './model.ts';
import type { AgentState, Operation } from './operations.ts';

type RelationEvent = Operation['event'] & { kind: 'relation' };

/** Returns the next hook of a relation, in Juju's order for each relation. */
export function findRelationOperation(model: Model, state: AgentState): Operation | undefined {
  const { joined } = state;
  for (const relation of [...model.relations]) {
    if (!relation.created) {
      if (relation.breaking) deleteRelation(model, relation); // no hook was run for it
      continue;
    }
    if (isLeft(relation)) {
      deleteRelation(model, relation);
      continue;
    }
    const operation =
      changedAfterJoined(relation, joined, state) ??
      departed(model, relation, state) ??
      broken(model, relation) ??
      applicationChanged(relation) ??
      joinedUnit(relation, state) ??
      changed(relation);
    if (operation !== undefined) return operation;
  }
  return undefined;
}

/** Reports whether a peer relation has ended for this unit, for which Juju runs no relation-broken. */
function isLeft({ isPeer, breaking, remoteUnits }: Relation): boolean {
  return isPeer && breaking && [...remoteUnits.values()].every(({ joined }) => !joined);
}

function deleteRelation({ relations }: Model, relation: Relation): void {
  relations.splice(relations.indexOf(relation), 1);
}

function changedAfterJoined(
  relation: Relation,
  joined: AgentState['joined'],
  state: AgentState,
): Operation | undefined {
  if (joined?.relationId !== relation.id) return undefined;
  const unit = relation.remoteUnits.get(joined.unit);
  const clearJoined = (): void => {
    state.joined = undefined;
  };
  return unit === undefined ? undefined : changedOf(relation, unit, clearJoined);
}

/** Returns relation-departed for a unit that has left; removing the relation makes every unit leave. */
function departed(model: Model, relation: Relation, state: AgentState): Operation | undefined {
  const units = [...relation.remoteUnits.values()];
  const unit = units.find((each) => each.joined && (each.left || relation.breaking));
  if (unit === undefined) return undefined;
  const departingUnit = state.phase === 'removing' ? model.unit : unit.name;
  return {
    event: eventOf(relation, { change: 'departed', remoteUnit: unit.name, departingUnit }),
    begin: () => (unit.joined = false), // relation-list no longer prints it
    done: () => (unit.left = true),
  };
}

function broken(model: Model, relation: Relation): Operation | undefined {
  if (!relation.breaking) return undefined;
  return { event: eventOf(relation, { change: 'broken' }), done: () => deleteRelation(model, relation) };
}

function applicationChanged(relation: Relation): Operation | undefined {
  const { remoteApp } = relation;
  if (remoteApp.version <= remoteApp.seen) return undefined;
  return {
    event: eventOf(relation, { change: 'changed' }),
    begin: () => (remoteApp.seen = remoteApp.version),
  };
}

function joinedUnit(relation: Relation, state: AgentState): Operation | undefined {
  const unit = [...relation.remoteUnits.values()].find((each) => !each.joined && !each.left);
  if (unit === undefined) return undefined;
  return {
    event: eventOf(relation, { change: 'joined', remoteUnit: unit.name }),
    begin: () => (unit.joined = true),
    done: () => (state.joined = { relationId: relation.id, unit: unit.name }),
  };
}

function changed(relation: Relation): Operation | undefined {
  const unit = [...relation.remoteUnits.values()].find((each) => each.joined && each.version > each.seen);
  return unit === undefined ? undefined : changedOf(relation, unit);
}

function changedOf(relation: Relation, unit: RemoteUnit, done?: () => void): Operation {
  return {
    event: eventOf(relation, { change: 'changed', remoteUnit: unit.name }),
    begin: () => (unit.seen = unit.version),
    ...(done === undefined ? {} : { done }),
  };
}

function eventOf({ id }: Relation, event: Omit<RelationEvent, 'kind' | 'relationId'>): RelationEvent {
  return { kind: 'relation', relationId: id, ...event };
}
