import type { Clock } from '../../model/clock.ts';
import { type CloudCall, CloudError, UnexpectedAnswerError } from '../../model/cloud/cloud-errors.ts';
import { withDeadline } from '../../system/wait.ts';
import { BusyError, NoConnectionError, timeoutError } from './response-errors.ts';

/** The limits for the retries of one call. */
export interface CallLimits {
  /** The maximum number of attempts, including the first one. */
  readonly attempts: number;
  readonly firstDelayMs: number;
  readonly maximumDelayMs: number;
  /** The deadline of the call, including its retries. One attempt of a repeatable call may take half of it. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Returns a number from 0 (inclusive) to 1 (exclusive) for the jitter. */
  readonly random: () => number;
}

/** Returns the limits of a control plane call: four attempts within `timeoutMs`, with delays of at most 8 s. */
export function callLimits(timeoutMs: number, clock: Clock): CallLimits {
  return { attempts: 4, firstDelayMs: 500, maximumDelayMs: 8000, timeoutMs, clock, random: Math.random };
}

/**
 * Calls `once` until it succeeds, fails permanently, or the attempts are used up; then throws the last error. Throws it
 * at once when a Retry-After header exceeds the deadline. Throws CloudTimeoutError at the deadline. A call that was never
 * sent, or that was rejected with 429, is always retried.
 * After any other temporary failure the service may have executed the call, so only a repeatable call is retried.
 */
export async function retryCall<T>(
  once: (signal: AbortSignal) => Promise<T>,
  call: CloudCall,
  limits: CallLimits,
  options: { readonly isRepeatable: boolean; readonly signal?: AbortSignal | undefined },
): Promise<T> {
  let last: unknown;
  const recordError = async (signal: AbortSignal): Promise<T> => {
    try {
      return await once(signal);
    } catch (error) {
      last = error;
      throw error;
    }
  };
  const attemptMs = options.isRepeatable ? limits.timeoutMs / 2 : limits.timeoutMs;
  const attempt = (signal: AbortSignal): Promise<T> =>
    withDeadline(recordError, { timeoutMs: attemptMs, clock: limits.clock, signal }, () =>
      timeoutError(call, attemptMs),
    );
  return withDeadline(
    (signal) => repeat(attempt, { call, limits, isRepeatable: options.isRepeatable }, signal),
    { timeoutMs: limits.timeoutMs, clock: limits.clock, signal: options.signal },
    () => timeoutError(call, limits.timeoutMs, last),
  );
}

interface Repetition {
  readonly call: CloudCall;
  readonly limits: CallLimits;
  readonly isRepeatable: boolean;
}

async function repeat<T>(
  once: (signal: AbortSignal) => Promise<T>,
  { call, limits, isRepeatable }: Repetition,
  signal: AbortSignal,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(signal);
    } catch (error) {
      const delayMs = delayAfter(attempt, error, limits);
      const isLast = attempt >= limits.attempts || delayMs >= limits.timeoutMs;
      if (isLast || !shouldRetry(error, call, isRepeatable)) throw error;
      await limits.clock.sleep(delayMs, signal);
    }
  }
}

function shouldRetry(error: unknown, call: CloudCall, isRepeatable: boolean): boolean {
  if (!(error instanceof CloudError) || error.kind !== 'unavailable') return false;
  if (error instanceof UnexpectedAnswerError) return false; // it exceeded a limit and would do so again
  if (error.call.service !== call.service) return false; // the login has already been retried by the identity
  if (error instanceof NoConnectionError && error.wasNeverSent) return true;
  if (error instanceof BusyError && error.call.status === 429) return true;
  return isRepeatable;
}

/** Returns the pause after the nth failed attempt: it doubles each time and has a jitter of half of it. */
export function delayAfter(attempt: number, error: unknown, limits: CallLimits): number {
  const ceiling = Math.min(limits.maximumDelayMs, limits.firstDelayMs * 2 ** (attempt - 1));
  const requested = error instanceof BusyError ? (error.retryAfterMs ?? 0) : 0;
  return Math.max(requested, ceiling / 2 + (ceiling / 2) * limits.random());
}
