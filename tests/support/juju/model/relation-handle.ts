import type { Databag, Model, Relation } from './model.ts';
import { addRelation, enterScope, leaveScope, nameOf, writeRemote, writeRemoteApp } from './relations.ts';

/** Acts as the remote side of a relation. Await `agent.waitForIdle()` to run the hooks that a change causes. */
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

  /** Changes the databag of a remote unit; an empty string deletes a key. */
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

  /** Removes the relation, as `juju remove-relation` does. */
  break(): void {
    this.#relation.breaking = true;
    this.#wake();
  }

  /** Returns this unit's databag as the remote side sees it. */
  ourDatabag(): Readonly<Databag> {
    return { ...this.#relation.ourUnit };
  }

  ourApplicationDatabag(): Readonly<Databag> {
    return { ...this.#relation.ourApp };
  }
}

/** Adds a relation, as `juju integrate` does. */
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
