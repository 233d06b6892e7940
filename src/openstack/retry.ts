import type { Clock } from '../model/clock.ts';
import { type CloudCall, CloudError } from '../model/cloud-errors.ts';
import { withDeadline } from '../system/wait.ts';
import { BusyError, NoConnectionError, tooLate } from './answers.ts';

/** How often, how patiently and how long one call is tried. */
export interface CallLimits {
  /** Tries in all, the first included. */
  readonly attempts: number;
  readonly firstDelayMs: number;
  readonly maximumDelayMs: number;
  /** The longest that a call may take, its repeats included; one try of several may take half of it. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** A number from 0 up to 1: the jitter. */
  readonly random: () => number;
}

/** Four tries, told apart by up to 8 s, within `timeoutMs`. */
export function callLimits(timeoutMs: number, clock: Clock): CallLimits {
  return { attempts: 4, firstDelayMs: 500, maximumDelayMs: 8000, timeoutMs, clock, random: Math.random };
}

/**
 * Calls `once` until it succeeds, fails for good, or tries or time are used up; then throws the last error. After an
 * unclear failure only what is repeatable is repeated; a call that was never sent, or turned away with 429, always.
 */
export async function retryCall<T>(
  once: (signal: AbortSignal) => Promise<T>,
  call: CloudCall,
  limits: CallLimits,
  options: { readonly isRepeatable: boolean; readonly signal?: AbortSignal | undefined },
): Promise<T> {
  let last: unknown;
  const remember = async (signal: AbortSignal): Promise<T> => {
    try {
      return await once(signal);
    } catch (error) {
      last = error;
      throw error;
    }
  };
  const tryMs = options.isRepeatable ? limits.timeoutMs / 2 : limits.timeoutMs;
  const oneTry = (signal: AbortSignal): Promise<T> =>
    withDeadline(remember, { timeoutMs: tryMs, clock: limits.clock, signal }, () => tooLate(call, tryMs));
  return withDeadline(
    (signal) => repeat(oneTry, { call, limits, isRepeatable: options.isRepeatable }, signal),
    { timeoutMs: limits.timeoutMs, clock: limits.clock, signal: options.signal },
    () => tooLate(call, limits.timeoutMs, last),
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
      if (attempt >= limits.attempts || !isWorthRepeating(error, call, isRepeatable)) throw error;
      await limits.clock.sleep(delayAfter(attempt, error, limits), signal);
    }
  }
}

function isWorthRepeating(error: unknown, call: CloudCall, isRepeatable: boolean): boolean {
  if (!(error instanceof CloudError) || error.kind !== 'unavailable') return false;
  if (error.call.service !== call.service) return false; // Keystone's trouble was repeated where it arose
  if (error instanceof NoConnectionError && error.wasNeverSent) return true;
  if (error instanceof BusyError && error.call.status === 429) return true;
  return isRepeatable;
}

function delayAfter(attempt: number, error: unknown, limits: CallLimits): number {
  const ceiling = Math.min(limits.maximumDelayMs, limits.firstDelayMs * 2 ** (attempt - 1));
  const wished = error instanceof BusyError ? (error.retryAfterMs ?? 0) : 0;
  return Math.max(Math.min(wished, limits.timeoutMs), ceiling / 2 + (ceiling / 2) * limits.random());
}
