import type { Clock } from '../model/clock.ts';
import { CancelledError, DeadlineError, ProductError } from '../model/errors.ts';
import type { ReadWait } from '../model/job/progress.ts';

/** The description and the limits of one wait. */
export interface Wait {
  /** The awaited condition in words: 'server x to be ACTIVE'. */
  readonly what: string;
  readonly timeoutMs: number;
  /** The longest pause between two probes. The first pauses are shorter, for conditions that are met at once. */
  readonly intervalMs: number;
  /** The pause before the first probe, for a condition that cannot be met at once. By default the first probe is at once. */
  readonly firstPauseMs?: number;
  /** The name of the option that sets the deadline, for the error message. */
  readonly option: string;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Describes the last observed state, for the error message. */
  readonly lastSeen?: () => string;
  /** Called at the start. What it receives returns the state of the wait. */
  readonly onWait?: ((read: ReadWait) => void) | undefined;
}

const FIRST_PAUSE_MS = 250;

/** Throws CancelledError when `signal` is aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw cancelled(signal);
}

function cancelled(signal: AbortSignal): Error {
  return signal.reason instanceof ProductError
    ? signal.reason
    : new CancelledError('stopped', { cause: signal.reason });
}

/** Runs `work` with a signal. After `timeoutMs`, aborts the signal with the error from `onDeadline()` and throws it. */
export async function withDeadline<T>(
  work: (signal: AbortSignal) => Promise<T>,
  limits: Pick<Wait, 'timeoutMs' | 'clock' | 'signal'>,
  onDeadline: () => Error,
): Promise<T> {
  throwIfAborted(limits.signal);
  const timer = new AbortController();
  const worker = new AbortController();
  const deadline = limits.clock.sleep(limits.timeoutMs, timer.signal).then(() => {
    const error = onDeadline();
    worker.abort(error);
    throw error;
  });
  const stop = new Promise<never>((_resolve, reject) => {
    const outer = limits.signal;
    if (outer === undefined) return;
    const onAbort = (): void => {
      worker.abort(cancelled(outer));
      reject(cancelled(outer));
    };
    outer.addEventListener('abort', onAbort, { once: true });
    timer.signal.addEventListener('abort', () => {
      outer.removeEventListener('abort', onAbort);
    });
  });
  try {
    return await Promise.race([work(worker.signal), deadline, stop]);
  } finally {
    timer.abort(new CancelledError('the work has ended'));
    deadline.catch(() => undefined);
  }
}

/**
 * Calls `probe` until it returns a value, with pauses that double up to `intervalMs`. The probe's signal
 * is aborted at the deadline. Errors of the probe end the wait, except those of kind `unavailable`, which are retried.
 * Throws DeadlineError or CancelledError.
 */
export async function waitFor<T>(
  probe: (signal: AbortSignal) => Promise<T | undefined>,
  wait: Wait,
): Promise<T> {
  const endsAt = wait.clock.now() + wait.timeoutMs;
  wait.onWait?.(() => ({ seen: wait.lastSeen?.() ?? '', leftMs: endsAt - wait.clock.now() }));
  let lastFailure: unknown;
  const attempt = async (signal: AbortSignal): Promise<T | undefined> => {
    try {
      return await probe(signal);
    } catch (error) {
      if (!(error instanceof ProductError) || error.kind !== 'unavailable') throw error;
      lastFailure = error;
      return undefined;
    }
  };
  const loop = async (signal: AbortSignal): Promise<T> => {
    const { firstPauseMs, intervalMs, clock } = wait;
    let pauseMs = Math.min(firstPauseMs ?? FIRST_PAUSE_MS, intervalMs);
    let found = firstPauseMs === undefined ? await attempt(signal) : undefined;
    for (; found === undefined; pauseMs = Math.min(2 * pauseMs, intervalMs)) {
      await clock.sleep(pauseMs, signal);
      found = await attempt(signal);
    }
    return found;
  };
  return withDeadline(loop, wait, () => deadlineError(wait, lastFailure));
}

function deadlineError(wait: Wait, cause: unknown): DeadlineError {
  const seen = wait.lastSeen === undefined ? '' : ` (last seen: ${wait.lastSeen()})`;
  const message = `waited ${wait.timeoutMs / 1000} s for ${wait.what}${seen}; ${wait.option} sets the limit`;
  return new DeadlineError(message, cause === undefined ? undefined : { cause });
}
