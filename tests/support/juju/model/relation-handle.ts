import type { Databag, Model, Relation } from './model.ts';
import { addRelation, enterScope, leaveScope, nameOf, writeRemote, writeRemoteApp } from './relations.ts';

/** The other side of a relation of ours; after what it does `agent.settle()` runs our hooks. */
export class RelationHandle {
  readonly #relation: Relation;
  readonly #wake: () => void;

  constructor(relation: Relation, wake: () => void) {
    this.#relation = relation;
    this.#wake = wake;
  }

  /** `image:3` */
  get name(): string {
    return nameOf(this.#relation);
  }

  addUnit(unit: string, data: Databag = {}): void {
    enterScope(this.#relation, unit, data);
    this.#wake();
  }

  /** Changes that unit's databag: an empty string deletes a key. */
  setUnitData(unit: string, changes: Databag): void {
    writeRemote(this.#relation, unit, changes);
    this.#wake();
  }

  setApplicationData(changes: Databag): void {
    writeRemoteApp(this.#relation, changes);
    this.#wake();
  }

  removeUnit(unit: string): void {
    leaveScope(this.#relation, unit);
    this.#wake();
  }

  /** `juju remove-relation` */
  break(): void {
    this.#relation.breaking = true;
    this.#wake();
  }

  /** What the other side sees of our unit. */
  ourDatabag(): Readonly<Databag> {
    return { ...this.#relation.ourUnit };
  }

  ourApplicationDatabag(): Readonly<Databag> {
    return { ...this.#relation.ourApp };
  }
}

/** `juju integrate` */
export function relate(
  model: Model,
  endpoint: string,
  application: string,
  wake: () => void,
): RelationHandle {
  const relation = addRelation(model, endpoint, application);
  wake();
  return new RelationHandle(relation, wake);
}
