import { messageOf } from '../model/text/message-of.ts';
import { type ErrorKind, ProductError } from '../model/errors.ts';
import type { ReadTransfer, ReadWait } from '../model/job/progress.ts';
import { throwIfAborted } from '../system/wait.ts';
import type { Deadlines, Recorder } from './context.ts';

/** Receives the transfers and waits of a step. */
export interface StepWatch {
  readonly onTransfer: (read: ReadTransfer) => void;
  readonly onWait: (read: ReadWait) => void;
}

/** The undo of a step. It is registered before the step starts; `made` is undefined when the step failed. */
interface Undo<T> {
  /** Runs after success and after failure. */
  readonly cleanUp?: (made: T | undefined, watch: StepWatch) => unknown;
  /** Runs after failure only. */
  readonly rollBack?: (made: T | undefined, watch: StepWatch) => unknown;
  /** Reports, when the undos run, whether this one must not. */
  readonly unless?: () => boolean;
}

/** Runs one named step. Its work gets a watch, which reports transfers and waits under the step's name. */
export type Step = <T>(name: string, act: (watch: StepWatch) => Promise<T>, undo?: Undo<T>) => Promise<T>;

/** Everything that steps use. */
type StepContext = Pick<Deadlines, 'clock' | 'signal'> & Pick<Recorder, 'report' | 'warn'>;
type ReportContext = Pick<StepContext, 'clock' | 'report'>;

/** The failure of a step. `first` is the first failure; `leftovers` lists the undos that failed. */
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
  readonly cleanUp: ((watch: StepWatch) => unknown) | undefined;
  readonly rollBack: ((watch: StepWatch) => unknown) | undefined;
  readonly unless: (() => boolean) | undefined;
}

/**
 * Runs `work` and then the undos of its steps, the newest first: clean-ups always, roll-backs only after a failure. An
 * undo that fails is reported as a leftover and does not stop the others. Throws StepFailedError.
 */
export async function runSteps<T>(context: StepContext, work: (step: Step) => Promise<T>): Promise<T> {
  const undos: Registered[] = [];
  let current = 'begin';
  const failures = new WeakMap<Error, string>(); // steps may run at the same time
  const step: Step = async (name, act, undo = {}) => {
    throwIfAborted(context.signal);
    current = name;
    const slot: { made?: Awaited<ReturnType<typeof act>> } = {};
    undos.unshift(register(name, undo, () => slot.made));
    try {
      slot.made = await reportStep(name, act, context);
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
  const { cleanUp, rollBack, unless } = undo;
  return {
    step,
    cleanUp: cleanUp === undefined ? undefined : (watch) => cleanUp(made(), watch),
    rollBack: rollBack === undefined ? undefined : (watch) => rollBack(made(), watch),
    unless,
  };
}

async function reportStep<T>(
  step: string,
  act: (watch: StepWatch) => Promise<T>,
  { clock, report }: ReportContext,
): Promise<T> {
  const startedAt = clock.now();
  const seconds = (): number => Math.round((clock.now() - startedAt) / 100) / 10;
  report({ kind: 'started', step });
  try {
    const result = await act({
      onTransfer: (read) => {
        report({ kind: 'transfer', step, read });
      },
      onWait: (read) => {
        report({ kind: 'wait', step, read });
      },
    });
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
  context: ReportContext,
): Promise<readonly string[]> {
  const leftovers: string[] = [];
  for (const { step, cleanUp, rollBack, unless } of undos) {
    if (unless?.() === true) continue;
    for (const undo of [outcome === 'failed' ? rollBack : undefined, cleanUp]) {
      if (undo === undefined) continue;
      const name = `undo ${step}`;
      await reportStep(name, (watch) => Promise.resolve().then(() => undo(watch)), context).catch(
        (error: unknown) => {
          leftovers.push(`${step}: ${messageOf(error)}`);
        },
      );
    }
  }
  return leftovers;
}
