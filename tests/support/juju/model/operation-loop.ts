import type { CharmRunner, RunEnd } from '../charm/charm-runner.ts';
import type { MachineLock } from '../machine/machine-lock.ts';
import { type Model, setStatus, writeLog } from './model.ts';
import { type AgentState, type Operation, nextOperation } from './operations.ts';

/** The back-off for failed hooks. Juju itself starts at 5 s, doubles up to 5 min and never gives up. */
export interface RetryPolicy {
  readonly firstMs: number;
  readonly maxMs: number;
  /** The number of retries before the unit stays in error until `resolve`. */
  readonly attempts: number;
}

/** The collaborators of an operation loop. */
export interface OperationLoopParts {
  readonly model: Model;
  readonly state: AgentState;
  readonly runner: CharmRunner;
  readonly lock: MachineLock;
  readonly retry: RetryPolicy;
}

/** A hook killed by a signal is run again; a charm whose hooks are always killed is a defect. */
const MAX_KILLED = 5;

/** Runs operations one after another, each under the machine lock. */
export class OperationLoop {
  readonly #model: Model;
  readonly #state: AgentState;
  readonly #runner: CharmRunner;
  readonly #lock: MachineLock;
  readonly #retry: RetryPolicy;
  #holds = 0;
  #killed = 0;
  #loop: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #fault: unknown;
  #idleWaiters: (() => void)[] = [];

  constructor({ model, state, runner, lock, retry }: OperationLoopParts) {
    this.#model = model;
    this.#state = state;
    this.#runner = runner;
    this.#lock = lock;
    this.#retry = retry;
  }

  /** Starts the loop unless it is running. */
  wake(): void {
    if (this.#loop !== undefined) return;
    this.#loop = this.#runAll()
      .catch((error: unknown) => (this.#fault = error))
      .then(() => {
        this.#loop = undefined;
        if (this.#hasNext() && this.#fault === undefined) this.wake();
        else this.#notifyIdleWaiters();
      });
  }

  /** Starts no operation until the returned function is called. */
  hold(): () => void {
    this.#holds += 1;
    let isHeld = true;
    return () => {
      if (isHeld) this.#holds -= 1;
      isHeld = false;
      this.wake();
    };
  }

  /** Waits until no operation is pending, apart from held ones. Rethrows a fault of the double itself. */
  async waitForIdle(): Promise<void> {
    this.wake();
    while (this.#fault === undefined && (this.#loop !== undefined || this.#timer !== undefined)) {
      await new Promise<void>((resolve) => {
        this.#idleWaiters.push(resolve);
      });
    }
    if (this.#fault !== undefined) throw this.#fault as Error;
  }

  /** Retries the failed hook immediately. */
  retryNow(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#state.failed !== undefined) this.#state.failed.isDue = true;
    this.wake();
  }

  /** Marks the failed hook as done without running it. */
  skipFailed(): void {
    const { failed } = this.#state;
    this.#clearFailure();
    failed?.operation.done?.();
    this.wake();
  }

  /** Kills the running operation and starts no other until the returned function is called. */
  async suspend(): Promise<() => void> {
    const release = this.hold();
    this.#runner.kill();
    await this.#loop;
    return release;
  }

  #notifyIdleWaiters(): void {
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const resolve of waiters) resolve();
  }

  #hasNext(): boolean {
    return this.#holds === 0 && nextOperation(this.#model, this.#state) !== undefined;
  }

  async #runAll(): Promise<void> {
    await Promise.resolve(); // changes made in the same tick cause one operation
    while (this.#hasNext()) {
      const release = await this.#lock.acquire();
      try {
        const operation = this.#holds === 0 ? nextOperation(this.#model, this.#state) : undefined;
        if (operation !== undefined) await this.#perform(operation);
      } finally {
        release();
      }
    }
  }

  async #perform(operation: Operation): Promise<void> {
    const { event } = operation;
    const isHook = event.kind !== 'action' && event.kind !== 'exec';
    operation.begin?.();
    if (isHook && this.#state.failed === undefined) setStatus(this.#model, 'agent', 'executing', '');
    const end = await this.#runner.run(operation);
    if (end.kind === 'done') this.#logRun(operation);
    if (isHook) this.#afterHook(operation, end);
  }

  /** Logs the operation with the message of Juju. */
  #logRun(operation: Operation): void {
    const { kind } = operation.event;
    const noun = kind === 'action' ? 'action' : 'hook';
    const message = `ran "${nameOf(this.#model, operation)}" ${noun} (via hook dispatching script: dispatch)`;
    if (kind !== 'exec') writeLog(this.#model, 'INFO', 'juju.worker.uniter.operation', message);
  }

  #afterHook(operation: Operation, end: RunEnd): void {
    if (end.kind === 'killed') {
      this.#killed += 1;
      clearTimeout(this.#timer);
      this.#timer = undefined;
      if (this.#killed > MAX_KILLED)
        throw new Error(`a hook was killed by a signal more than ${MAX_KILLED} times in a row`);
      // Juju runs a killed hook again without an error status.
      this.#state.failed = { operation, attempts: this.#state.failed?.attempts ?? -1, isDue: true };
      return;
    }
    this.#killed = 0;
    if (end.kind === 'failed') this.#fail(operation, end.message);
    else {
      this.#clearFailure();
      operation.done?.();
    }
  }

  #clearFailure(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#state.failed = undefined;
    setStatus(this.#model, 'agent', 'idle', '');
  }

  #fail(operation: Operation, why: string): void {
    const name = nameOf(this.#model, operation);
    const attempts = (this.#state.failed?.attempts ?? -1) + 1;
    this.#state.failed = { operation, attempts, isDue: false };
    writeLog(this.#model, 'ERROR', 'juju.worker.uniter.operation', `hook "${name}" failed: ${why}`);
    setStatus(this.#model, 'agent', 'error', `hook failed: "${name}"`);
    if (attempts >= this.#retry.attempts) return;
    const { firstMs, maxMs } = this.#retry;
    this.#timer = setTimeout(() => this.retryNow(), Math.min(firstMs * 2 ** attempts, maxMs));
  }
}

function nameOf({ relations }: Model, { event }: Operation): string {
  if (event.kind === 'hook') return event.name;
  if (event.kind === 'action') return event.task.name;
  if (event.kind !== 'relation') return event.kind;
  const endpoint = relations.find((each) => each.id === event.relationId)?.endpoint ?? '';
  return `${endpoint}-relation-${event.change}`;
}
