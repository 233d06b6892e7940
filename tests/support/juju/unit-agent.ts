import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ProcessOutcome, createTask } from './model/actions.ts';
import { CharmRunner } from './charm/charm-runner.ts';
import { readPackedCharm, removeObsoleteFiles, unpackCharm } from './charm/charm-unzip.ts';
import { applyRefresh, checkRefresh } from './charm/refresh-rules.ts';
import { type ConfigChange, OperatorError, changeConfig } from './model/config-values.ts';
import type { AgentPaths } from './charm/hook-environment.ts';
import type { MachineLock } from './machine/machine-lock.ts';
import { type ActionTask, type Databag, type Model, type Status, shownStatus } from './model/model.ts';
import { OperationLoop, type RetryPolicy } from './model/operation-loop.ts';
import { type ExecRequest, newAgentState } from './model/operations.ts';
import { type RelationHandle, relate } from './model/relation-handle.ts';
import { addSecret, grantSecret, removeSecret, revokeSecret, updateSecret } from './model/secrets.ts';

/** The relation handle that `relate` returns. */
export type Relation = RelationHandle;

/** The parts of an agent; `Machine.addUnit` assembles them. */
export interface UnitAgentParts {
  readonly model: Model;
  readonly paths: AgentPaths;
  readonly folder: string;
  /** The files of the packed charm, relative to the charm's folder. */
  readonly files: readonly string[];
  readonly lock: MachineLock;
  readonly retry: RetryPolicy;
}

/**
 * A Juju unit agent with one unit of one application, and the operations of the operator and of the remote side on it.
 * Every awaited method resolves only after the hooks that it causes have been run, unless hooks are held.
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
    this.charmDir = parts.paths.charmDir;
    this.#parts = parts;
    this.#files = parts.files;
    this.#runner = new CharmRunner(parts.model, parts.paths);
    this.#loop = new OperationLoop({ ...parts, state: this.#state, runner: this.#runner });
  }

  /** The status as `juju status` shows it: `error` while a hook has failed. */
  get status(): Status {
    return shownStatus(this.model);
  }

  get isRemoved(): boolean {
    return this.#state.phase === 'removed';
  }

  get runner(): CharmRunner {
    return this.#runner;
  }

  /** Deploys the charm: install, relation-created for existing relations, leader-elected, config-changed, start. */
  async deploy({ config = {} }: { readonly config?: ConfigChange } = {}): Promise<void> {
    if (this.#state.phase !== 'new') throw new OperatorError(`${this.model.unit} is already deployed`);
    changeConfig(this.model, config);
    this.#state.phase = 'deployed';
    await this.waitForIdle();
  }

  /** Changes options, as `juju config` does; undefined resets an option. */
  async setConfig(change: ConfigChange): Promise<void> {
    changeConfig(this.model, change);
    await this.waitForIdle();
  }

  /** Adds a secret, as `juju add-secret` does, and returns its URI. */
  addSecret(name: string, content: Databag): string {
    return addSecret(this.model, name, content);
  }

  /** Grants a secret, as `juju grant-secret` does, which runs no hook. */
  grantSecret(uri: string): void {
    grantSecret(this.model, uri);
  }

  revokeSecret(uri: string): void {
    revokeSecret(this.model, uri);
  }

  removeSecret(uri: string): void {
    removeSecret(this.model, uri);
  }

  /** Adds a revision of a secret, which runs secret-changed if the unit has read the secret. */
  async updateSecret(uri: string, content: Databag): Promise<void> {
    updateSecret(this.model, uri, content);
    await this.waitForIdle();
  }

  /** Adds a relation, as `juju integrate` does. Add units to it, then await `waitForIdle`. */
  relate(endpoint: string, application: string): RelationHandle {
    return relate(this.model, endpoint, application, () => this.#loop.wake());
  }

  /** Runs all pending operations, including the retries of failed hooks. */
  waitForIdle(): Promise<void> {
    return this.#loop.waitForIdle();
  }

  /** Starts no operation until the returned function is called. */
  hold(): () => void {
    return this.#loop.hold();
  }

  async updateStatus(): Promise<void> {
    this.#state.wantsUpdateStatus = true;
    await this.waitForIdle();
    // Juju does not repeat an update-status that was skipped in the error state.
    this.#state.wantsUpdateStatus &&= this.#state.failed === undefined;
  }

  /** Runs an action to its end, as `juju run` does. Throws OperatorError when Juju would refuse the action. */
  async runAction(name: string, params: Readonly<Record<string, unknown>> = {}): Promise<ActionTask> {
    const task = createTask(this.model, name, params);
    this.#state.tasks.push(task);
    await this.waitForIdle();
    return task;
  }

  /** Runs commands in a shell in the charm's folder, as `juju exec` does, after all earlier operations. */
  execute(commands: string): Promise<ProcessOutcome> {
    if (this.isRemoved) throw new OperatorError(`unit "${this.model.unit}" not found on this machine`);
    return new Promise((resolve) => {
      const request: ExecRequest = { commands, answer: resolve };
      this.#state.execs.push(request);
      this.#loop.wake();
    });
  }

  /** Acts as `juju resolved`. Without a retry the failed hook counts as run, but its writes are lost. */
  async resolve({ retry = true }: { readonly retry?: boolean } = {}): Promise<void> {
    if (this.#state.failed === undefined)
      throw new OperatorError(`unit "${this.model.unit}" is not in an error state`);
    if (retry) this.#loop.retryNow();
    else this.#loop.skipFailed();
    await this.waitForIdle();
  }

  /**
   * Upgrades the charm, as `juju refresh --path` does: upgrade-charm, config-changed. Throws OperatorError when the
   * controller would refuse the charm. A unit in error needs
   * `forceUnits` and then retries the failed hook with the new charm instead.
   */
  async upgrade(zip: string, { forceUnits = false }: { readonly forceUnits?: boolean } = {}): Promise<void> {
    const isFailed = this.#state.failed !== undefined;
    if (isFailed && !forceUnits) throw new OperatorError(`unit "${this.model.unit}" is in an error state`);
    const next = await readPackedCharm(zip);
    checkRefresh(this.model, next);
    const release = await this.#parts.lock.acquire();
    try {
      await this.#replaceCharm(zip);
      applyRefresh(this.model, next);
    } finally {
      release();
    }
    if (!isFailed) this.#state.upgraded = true;
    await this.waitForIdle();
  }

  async #replaceCharm(zip: string): Promise<void> {
    const files = await unpackCharm(zip, this.charmDir);
    await removeObsoleteFiles(this.#files, files, this.charmDir);
    this.#files = files;
  }

  /** Removes the unit: its relations are removed, stop and remove are run, then the agent's folder is deleted. */
  async remove(): Promise<void> {
    if (this.#state.phase !== 'deployed') throw new OperatorError(`${this.model.unit} is not deployed`);
    this.#state.phase = 'removing';
    for (const relation of this.model.relations) relation.breaking = true;
    await this.waitForIdle();
    if (!this.isRemoved) return; // a hook failed, or hooks are held
    this.#abortExecs();
    await rm(this.#parts.folder, { recursive: true, force: true });
  }

  /** Makes the controller reject the writes of the next run that has any; that run then fails. */
  failNextFlush(message: string): void {
    this.model.failNextFlush = message;
  }

  /** Changes the leadership; gaining it runs leader-elected, losing it runs no hook. */
  async setLeader(leader: boolean): Promise<void> {
    this.model.leader = leader;
    if (!leader) this.#state.elected = false;
    await this.waitForIdle();
  }

  /** Waits until the predicate holds. At the deadline, throws an error that lists the statuses so far. */
  async until(
    predicate: (model: Model) => boolean,
    { timeoutMs, what }: { readonly timeoutMs: number; readonly what: string },
  ): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (!predicate(this.model)) {
      if (Date.now() > deadline)
        throw new Error(`waited ${timeoutMs} ms for ${what}; ${this.#describeStatuses()}`);
      await sleep(20);
    }
  }

  #describeStatuses(): string {
    const lines = this.model.statusHistory
      .filter(({ of, status }) => of === 'unit' || status === 'error')
      .map(({ at, status, message }) => `${new Date(at).toISOString()} ${status}: ${message}`);
    return `statuses:\n${lines.slice(-20).join('\n')}`;
  }

  /** Kills the running operation, as a reboot does, and starts no other until the returned function is called. */
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
