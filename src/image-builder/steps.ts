import { messageOf } from '../model/message-of.ts';
import { type ErrorKind, ProductError } from '../model/errors.ts';
import { throwIfAborted } from '../system/wait.ts';
import type { Deadlines, Recorder } from './context.ts';

/** How to unmake what a step makes. It is registered before the step begins: `made` is `undefined` if it failed. */
interface Undo<T> {
  /** Runs however the work ends. */
  readonly cleanUp?: (made: T | undefined) => unknown;
  /** Runs only when the work fails. */
  readonly rollBack?: (made: T | undefined) => unknown;
}

/** Does one named step. */
export type Step = <T>(name: string, act: () => Promise<T>, undo?: Undo<T>) => Promise<T>;

/** The settings that steps use, and the recorder of their course. */
type StepContext = Pick<Deadlines, 'clock' | 'signal'> & Pick<Recorder, 'report' | 'warn'>;
type Watch = Pick<StepContext, 'clock' | 'report'>;

/** A step failed. `first` is the first failure; `leftovers` names what could not be unmade. */
export class StepFailedError extends ProductError {
  readonly kind: ErrorKind;
  readonly step: string;
  readonly leftovers: readonly string[];
  readonly first: ProductError;

  constructor(step: string, leftovers: readonly string[], cause: ProductError) {
    const left = leftovers.length === 0 ? '' : `\nleft behind: ${leftovers.join('; ')}`;
    super(`${step}: ${cause.message}${left}`, { cause });
    this.kind = cause.kind;
    this.step = step;
    this.leftovers = leftovers;
    this.first = cause;
  }
}

interface Registered {
  readonly step: string;
  readonly cleanUp: (() => unknown) | undefined;
  readonly rollBack: (() => unknown) | undefined;
}

/**
 * Runs `work`, whose steps bring their undo, and then the undos, newest first: those for clean-up always, those for
 * roll-back after a failure. A failing undo stops no other; it is told as a leftover. Throws StepFailedError.
 */
export async function runSteps<T>(context: StepContext, work: (step: Step) => Promise<T>): Promise<T> {
  const undos: Registered[] = [];
  let current = 'begin';
  const failures = new WeakMap<Error, string>(); // steps may run side by side
  const step: Step = async (name, act, undo = {}) => {
    throwIfAborted(context.signal);
    current = name;
    const slot: { made?: Awaited<ReturnType<typeof act>> } = {};
    undos.unshift(register(name, undo, () => slot.made));
    try {
      slot.made = await watched(name, act, context);
      return slot.made;
    } catch (error) {
      if (error instanceof Error && !failures.has(error)) failures.set(error, name);
      throw error;
    }
  };
  let result: T;
  try {
    result = await work(step);
  } catch (cause) {
    const failedIn = (cause instanceof Error ? failures.get(cause) : undefined) ?? current;
    const leftovers = await runUndos(undos, 'failed', context);
    if (!(cause instanceof ProductError))
      for (const leftover of leftovers) context.warn(`left behind: ${leftover}`);
    throw nameFailure(cause, failedIn, leftovers);
  }
  for (const leftover of await runUndos(undos, 'succeeded', context))
    context.warn(`left behind: ${leftover}`);
  return result;
}

function nameFailure(cause: unknown, step: string, leftovers: readonly string[]): unknown {
  if (!(cause instanceof ProductError)) return cause;
  if (!(cause instanceof StepFailedError)) return new StepFailedError(step, leftovers, cause);
  return new StepFailedError(cause.step, [...cause.leftovers, ...leftovers], cause.first);
}

function register<T>(step: string, undo: Undo<T>, made: () => T | undefined): Registered {
  const { cleanUp, rollBack } = undo;
  return {
    step,
    cleanUp: cleanUp === undefined ? undefined : () => cleanUp(made()),
    rollBack: rollBack === undefined ? undefined : () => rollBack(made()),
  };
}

async function watched<T>(step: string, act: () => Promise<T>, { clock, report }: Watch): Promise<T> {
  const begin = clock.now();
  const seconds = (): number => Math.round((clock.now() - begin) / 100) / 10;
  report({ kind: 'started', step });
  try {
    const result = await act();
    report({ kind: 'finished', step, seconds: seconds() });
    return result;
  } catch (error) {
    const reason = messageOf(error);
    report({ kind: 'failed', step, seconds: seconds(), reason });
    throw error;
  }
}

async function runUndos(
  undos: readonly Registered[],
  outcome: 'failed' | 'succeeded',
  watch: Watch,
): Promise<readonly string[]> {
  const leftovers: string[] = [];
  for (const { step, cleanUp, rollBack } of undos) {
    for (const undo of [outcome === 'failed' ? rollBack : undefined, cleanUp]) {
      if (undo === undefined) continue;
      const name = `undo ${step}`;
      await watched(name, () => Promise.resolve().then(undo), watch).catch((error: unknown) => {
        leftovers.push(`${step}: ${messageOf(error)}`);
      });
    }
  }
  return leftovers;
}
