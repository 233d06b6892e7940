import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ProcessOutcome, createTask } from './model/actions.ts';
import { CharmRunner } from './charm/charm-runner.ts';
import { readCharm, removeFormer, unpackCharm } from './charm/charm-unzip.ts';
import { type ConfigChange, OperatorError, changeConfig } from './model/config-values.ts';
import type { AgentPlaces } from './charm/hook-environment.ts';
import type { MachineLock } from './machine/machine-lock.ts';
import { type ActionTask, type Databag, type Model, type Status, shownStatus } from './model/model.ts';
import { OperationLoop, type RetryPolicy } from './model/operation-loop.ts';
import { type ExecRequest, newAgentState } from './model/operations.ts';
import { type RelationHandle, relate } from './model/relation-handle.ts';
import { addSecret, grantSecret, removeSecret, revokeSecret, updateSecret } from './model/secrets.ts';

/** What `relate` gives. */
export type Relation = RelationHandle;

/** What an agent is made of; `Machine.addUnit` puts it together. */
export interface UnitAgentParts {
  readonly model: Model;
  readonly places: AgentPlaces;
  readonly folder: string;
  /** What the charm's zip brought. */
  readonly files: readonly string[];
  readonly lock: MachineLock;
  readonly retry: RetryPolicy;
}

/**
 * A Juju unit agent with one unit of one application, and the operator's and the other side's hands on it. What is
 * awaited has settled: every hook that it leads to has been run, unless they are held.
 */
export class UnitAgent {
  readonly model: Model;
  readonly charmDir: string;
  readonly #parts: UnitAgentParts;
  readonly #state = newAgentState();
  readonly #runner: CharmRunner;
  readonly #loop: OperationLoop;
  #files: readonly string[];

  constructor(parts: UnitAgentParts) {
    this.model = parts.model;
    this.charmDir = parts.places.charmDir;
    this.#parts = parts;
    this.#files = parts.files;
    this.#runner = new CharmRunner(parts.model, parts.places);
    this.#loop = new OperationLoop(parts.model, this.#state, this.#runner, parts.lock, parts.retry);
  }

  /** As `juju status` shows it: `error` while a hook has failed. */
  get status(): Status {
    return shownStatus(this.model);
  }

  get isRemoved(): boolean {
    return this.#state.phase === 'removed';
  }

  get runner(): CharmRunner {
    return this.#runner;
  }

  /** `juju deploy`: install, what relations there are, leader-elected, config-changed, start. */
  async deploy({ config = {} }: { readonly config?: ConfigChange } = {}): Promise<void> {
    if (this.#state.phase !== 'new') throw new OperatorError(`${this.model.unit} is deployed already`);
    changeConfig(this.model, config);
    this.#state.phase = 'deployed';
    await this.settle();
  }

  /** `juju config`; `undefined` resets an option. */
  async setConfig(change: ConfigChange): Promise<void> {
    changeConfig(this.model, change);
    await this.settle();
  }

  /** `juju add-secret`: its URI. */
  addSecret(name: string, content: Databag): string {
    return addSecret(this.model, name, content);
  }

  /** `juju grant-secret`, of which no hook tells. */
  grantSecret(uri: string): void {
    grantSecret(this.model, uri);
  }

  revokeSecret(uri: string): void {
    revokeSecret(this.model, uri);
  }

  removeSecret(uri: string): void {
    removeSecret(this.model, uri);
  }

  /** `juju update-secret`: secret-changed, if the unit has read the secret. */
  async updateSecret(uri: string, content: Databag): Promise<void> {
    updateSecret(this.model, uri, content);
    await this.settle();
  }

  /** `juju integrate`; give it units, then `settle`. */
  relate(endpoint: string, application: string): RelationHandle {
    return relate(this.model, endpoint, application, () => this.#loop.wake());
  }

  /** Runs what is pending until there is no more, retries of failed hooks included. */
  settle(): Promise<void> {
    return this.#loop.settle();
  }

  /** Starts no operation until the function that it gives is called. */
  hold(): () => void {
    return this.#loop.hold();
  }

  async updateStatus(): Promise<void> {
    this.#state.wantsUpdateStatus = true;
    await this.settle();
    this.#state.wantsUpdateStatus &&= this.#state.failed === undefined; // not made up for
  }

  /** `juju run`, to its end. Throws OperatorError when Juju would not take it. */
  async runAction(name: string, params: Readonly<Record<string, unknown>> = {}): Promise<ActionTask> {
    const task = createTask(this.model, name, params);
    this.#state.tasks.push(task);
    await this.settle();
    return task;
  }

  /** `juju exec`: a shell in the charm's folder, after all that comes before it. */
  execute(commands: string): Promise<ProcessOutcome> {
    if (this.isRemoved) throw new OperatorError(`unit "${this.model.unit}" not found on this machine`);
    return new Promise((resolve) => {
      const request: ExecRequest = { commands, answer: resolve };
      this.#state.execs.push(request);
      this.#loop.wake();
    });
  }

  /** `juju resolved`; without a retry the hook counts as run, but what it wrote does not. */
  async resolve({ retry = true }: { readonly retry?: boolean } = {}): Promise<void> {
    if (this.#state.failed === undefined)
      throw new OperatorError(`unit "${this.model.unit}" is not in an error state`);
    if (retry) this.#loop.retryNow();
    else this.#loop.skipFailed();
    await this.settle();
  }

  /**
   * `juju refresh --path`: upgrade-charm, config-changed. A unit in error needs `forceUnits`, and then runs the hook
   * that failed again instead, with the new charm.
   */
  async upgrade(zip: string, { forceUnits = false }: { readonly forceUnits?: boolean } = {}): Promise<void> {
    const isFailed = this.#state.failed !== undefined;
    if (isFailed && !forceUnits) throw new OperatorError(`unit "${this.model.unit}" is in an error state`);
    const release = await this.#parts.lock.acquire();
    try {
      await this.#replaceCharm(zip);
    } finally {
      release();
    }
    if (!isFailed) this.#state.upgraded = true;
    await this.settle();
  }

  async #replaceCharm(zip: string): Promise<void> {
    const files = await unpackCharm(zip, this.charmDir);
    await removeFormer(this.#files, files, this.charmDir);
    this.#files = files;
    this.model.charm = await readCharm(this.charmDir);
  }

  /** `juju remove-application`: its relations go, then stop, then remove; then the agent's folder is gone. */
  async remove(): Promise<void> {
    if (this.#state.phase !== 'deployed') throw new OperatorError(`${this.model.unit} is not deployed`);
    this.#state.phase = 'removing';
    for (const relation of this.model.relations) relation.breaking = true;
    await this.settle();
    if (!this.isRemoved) return; // a hook failed, or all is held
    this.#abortExecs();
    await rm(this.#parts.folder, { recursive: true, force: true });
  }

  /** Makes the next hook that wrote something fail at its end, as the controller can. */
  failNextFlush(message: string): void {
    this.model.failNextFlush = message;
  }

  /** Leadership comes (leader-elected) or goes (no hook). */
  async setLeader(leader: boolean): Promise<void> {
    this.model.leader = leader;
    if (!leader) this.#state.elected = false;
    await this.settle();
  }

  /** Waits until the model is so. Throws with the statuses that it had, when the deadline passes. */
  async until(
    predicate: (model: Model) => boolean,
    { timeoutMs, what }: { readonly timeoutMs: number; readonly what: string },
  ): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (!predicate(this.model)) {
      if (Date.now() > deadline)
        throw new Error(`waited ${timeoutMs} ms for ${what}; ${this.#tellStatuses()}`);
      await sleep(20);
    }
  }

  #tellStatuses(): string {
    const told = this.model.statusHistory
      .filter(({ of, status }) => of === 'unit' || status === 'error')
      .map(({ at, status, message }) => `${new Date(at).toISOString()} ${status}: ${message}`);
    return `statuses:\n${told.slice(-20).join('\n')}`;
  }

  /** For the machine: ends what runs, as a reboot does, until the function that it gives is called. */
  async suspend(): Promise<(boots: boolean) => void> {
    const release = await this.#loop.suspend();
    return (boots) => {
      if (boots) this.#state.rebooted = this.#state.started;
      else this.#abortExecs();
      if (boots) release();
    };
  }

  #abortExecs(): void {
    for (const { answer } of this.#state.execs.splice(0)) {
      answer({ code: 1, stdout: '', stderr: 'ERROR command execution aborted\n' });
    }
  }
}
