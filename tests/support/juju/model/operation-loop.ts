import type { CharmRunner, RunEnd } from '../charm/charm-runner.ts';
import type { MachineLock } from '../machine/machine-lock.ts';
import { type Model, setStatus, writeLog } from './model.ts';
import { type AgentState, type Operation, nextOperation } from './operations.ts';

/** How a failed hook is tried again. Juju: after 5 s, then twice as long, at most 5 min, for ever. */
export interface RetryPolicy {
  readonly firstMs: number;
  readonly mostMs: number;
  /** How often, before the unit stays in error until `resolve`. */
  readonly attempts: number;
}

/** A process that dies of a signal is run again, but a charm that always does is a defect. */
const MOST_KILLED = 5;

/** Runs operations one after another, each under the machine's lock. */
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
  #settlers: (() => void)[] = [];

  constructor(model: Model, state: AgentState, runner: CharmRunner, lock: MachineLock, retry: RetryPolicy) {
    this.#model = model;
    this.#state = state;
    this.#runner = runner;
    this.#lock = lock;
    this.#retry = retry;
  }

  /** Looks for something to do. */
  wake(): void {
    if (this.#loop !== undefined) return;
    this.#loop = this.#runAll()
      .catch((error: unknown) => (this.#fault = error))
      .then(() => {
        this.#loop = undefined;
        if (this.#hasNext() && this.#fault === undefined) this.wake();
        else this.#tellSettlers();
      });
  }

  /** Starts nothing until the function that it gives is called. */
  hold(): () => void {
    this.#holds += 1;
    let isHeld = true;
    return () => {
      if (isHeld) this.#holds -= 1;
      isHeld = false;
      this.wake();
    };
  }

  /** Resolves when there is nothing to do but what is held; throws what broke the double itself. */
  async settle(): Promise<void> {
    this.wake();
    while (this.#fault === undefined && (this.#loop !== undefined || this.#timer !== undefined)) {
      await new Promise<void>((resolve) => {
        this.#settlers.push(resolve);
      });
    }
    if (this.#fault !== undefined) throw this.#fault as Error;
  }

  /** Tries the failed hook now. */
  retryNow(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#state.failed !== undefined) this.#state.failed.isDue = true;
    this.wake();
  }

  /** Takes the failed hook for done. */
  skipFailed(): void {
    const { failed } = this.#state;
    this.#forgetFailure();
    failed?.operation.done?.();
    this.wake();
  }

  /** Ends what runs and starts nothing more until the function that it gives is called. */
  async suspend(): Promise<() => void> {
    const release = this.hold();
    this.#runner.kill();
    await this.#loop;
    return release;
  }

  #tellSettlers(): void {
    const settlers = this.#settlers;
    this.#settlers = [];
    for (const settler of settlers) settler();
  }

  #hasNext(): boolean {
    return this.#holds === 0 && nextOperation(this.#model, this.#state) !== undefined;
  }

  async #runAll(): Promise<void> {
    await Promise.resolve(); // what happens together is one change
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
    if (end.kind === 'done') this.#tellRun(operation);
    if (isHook) this.#afterHook(operation, end);
  }

  /** In Juju's words. */
  #tellRun(operation: Operation): void {
    const { kind } = operation.event;
    const what = kind === 'action' ? 'action' : 'hook';
    const told = `ran "${nameOf(this.#model, operation)}" ${what} (via hook dispatching script: dispatch)`;
    if (kind !== 'exec') writeLog(this.#model, 'INFO', 'juju.worker.uniter.operation', told);
  }

  #afterHook(operation: Operation, end: RunEnd): void {
    if (end.kind === 'killed') {
      this.#killed += 1;
      clearTimeout(this.#timer);
      this.#timer = undefined;
      if (this.#killed > MOST_KILLED) throw new Error('a hook was killed by a signal again and again');
      this.#state.failed = { operation, attempts: this.#state.failed?.attempts ?? -1, isDue: true }; // run again, and no error
      return;
    }
    this.#killed = 0;
    if (end.kind === 'failed') this.#fail(operation, end.message);
    else {
      this.#forgetFailure();
      operation.done?.();
    }
  }

  #forgetFailure(): void {
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
    const { firstMs, mostMs } = this.#retry;
    this.#timer = setTimeout(() => this.retryNow(), Math.min(firstMs * 2 ** attempts, mostMs));
  }
}

function nameOf({ relations }: Model, { event }: Operation): string {
  if (event.kind === 'hook') return event.name;
  if (event.kind === 'action') return event.task.name;
  if (event.kind !== 'relation') return event.kind;
  const endpoint = relations.find((each) => each.id === event.relationId)?.endpoint ?? '';
  return `${endpoint}-relation-${event.change}`;
}
