import { OperatorError } from './config-values.ts';
import type { Databag, Model, Relation, RemoteUnit } from './model.ts';
import { profileOf } from './profile.ts';

/** Adds a relation without remote units, as `juju integrate` does. Throws OperatorError. */
export function addRelation(model: Model, endpoint: string, remoteApplication: string): Relation {
  const declared = model.charm.endpoints.get(endpoint);
  if (declared === undefined) throw new OperatorError(`endpoint "${endpoint}" not found`);
  if (declared.role === 'peers') throw new OperatorError(`endpoint "${endpoint}" is for peers only`);
  const existing = model.relations.find(
    (each) => each.endpoint === endpoint && each.remoteApplication === remoteApplication,
  );
  if (existing !== undefined) throw new OperatorError(`relation ${nameOf(existing)} already exists`);
  return createRelation(model, endpoint, remoteApplication);
}

/** Adds the peer relations that the charm declares and the model lacks, as Juju does at a deploy and a refresh. */
export function addPeerRelations(model: Model): void {
  for (const { name, role } of model.charm.endpoints.values()) {
    const isNew = model.relations.every(({ endpoint }) => endpoint !== name);
    if (role === 'peers' && isNew) createRelation(model, name, model.application);
  }
}

function createRelation(model: Model, endpoint: string, remoteApplication: string): Relation {
  model.last.relation += 1;
  const { hasPrivateAddress } = profileOf(model);
  const relation: Relation = {
    id: model.last.relation,
    endpoint,
    remoteApplication,
    isPeer: remoteApplication === model.application,
    remoteApp: { data: {}, version: 0, seen: 0 },
    remoteUnits: new Map(),
    ourUnit: addressesOf(model.address, hasPrivateAddress),
    hasPrivateAddress,
    ourApp: {},
    created: false,
    breaking: false,
  };
  model.relations.push(relation);
  return relation;
}

/** Returns the keys that Juju itself writes into every unit's databag. */
export function addressesOf(address: string, hasPrivateAddress = true): Databag {
  const keys = { 'egress-subnets': `${address}/32`, 'ingress-address': address };
  return hasPrivateAddress ? { ...keys, 'private-address': address } : keys;
}

/** Adds a remote unit to the relation; its hooks are run later. Throws OperatorError. */
export function enterScope(relation: Relation, name: string, data: Databag = {}): RemoteUnit {
  const [application, number] = name.split('/');
  if (application !== relation.remoteApplication || number === undefined || !/^\d+$/.test(number)) {
    throw new OperatorError(`expected a unit of ${relation.remoteApplication}, got ${name}`);
  }
  const known = relation.remoteUnits.get(name);
  if (known !== undefined && !known.left)
    throw new OperatorError(`${name} is already in ${nameOf(relation)}`);
  const address = `10.0.1.${Number(number) + 1}`;
  const unit = {
    name,
    data: { ...addressesOf(address, relation.hasPrivateAddress), ...data },
    version: 1,
    seen: 0,
    joined: false,
    left: false,
  };
  relation.remoteUnits.set(name, unit);
  return unit;
}

/** Changes the databag of a remote unit; an empty string deletes a key. Throws OperatorError. */
export function writeRemote(relation: Relation, name: string, changes: Databag): void {
  const unit = relation.remoteUnits.get(name);
  if (unit === undefined || unit.left) throw new OperatorError(`${name} is not in ${nameOf(relation)}`);
  const data = applyChanges(unit.data, changes);
  if (isSameBag(unit.data, data)) return; // the controller reports only real differences
  unit.data = data;
  unit.version += 1;
}

/** Changes the databag of the remote application. That of a peer relation is changed by a leader on another machine. */
export function writeRemoteApp({ isPeer, ourApp, remoteApp }: Relation, changes: Databag): void {
  const before = isPeer ? ourApp : remoteApp.data;
  const data = applyChanges(before, changes);
  if (isSameBag(before, data)) return;
  if (isPeer) replaceBag(ourApp, data);
  else remoteApp.data = data;
  remoteApp.version += 1;
}

/** Makes the databag equal to `next`. */
export function replaceBag(bag: Databag, next: Databag): void {
  for (const key of Object.keys(bag)) if (next[key] === undefined) Reflect.deleteProperty(bag, key);
  Object.assign(bag, next);
}

/** Removes a remote unit from the relation; relation-departed is run later. Throws OperatorError. */
export function leaveScope(relation: Relation, name: string): void {
  const unit = relation.remoteUnits.get(name);
  if (unit === undefined || unit.left) throw new OperatorError(`${name} is not in ${nameOf(relation)}`);
  unit.left = true;
}

/** Adds a remote unit whose relation-joined and relation-changed hooks count as already run. */
export function addJoinedUnit(relation: Relation, name: string, data: Databag = {}): RemoteUnit {
  const unit = enterScope(relation, name, data);
  relation.created = true;
  unit.joined = true;
  unit.seen = unit.version;
  return unit;
}

/** Returns `bag` with `changes` applied; an empty string deletes a key. */
export function applyChanges(bag: Readonly<Databag>, changes: Readonly<Databag>): Databag {
  const entries = Object.entries({ ...bag, ...changes }).filter(([, value]) => value !== '');
  return Object.fromEntries(entries);
}

/** Reports whether both databags have the same content. */
function isSameBag(one: Readonly<Databag>, other: Readonly<Databag>): boolean {
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => one[key] === other[key]);
}

/** Returns the relation id as Juju prints it, such as `endpoint:7`. */
export function nameOf({ endpoint, id }: Relation): string {
  return `${endpoint}:${id}`;
}
