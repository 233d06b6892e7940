import type { Clock } from '../../model/clock.ts';
import { withDeadline } from '../wait.ts';
import { DownloadError } from './download.ts';

const ATTEMPTS = 5;
/** The number of 404 answers after which a file counts as missing. */
const MISSING_ANSWERS = 3;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 8000;

/** The limits of a small download with its retries. */
export interface RetryLimits {
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Returns the error for a download that reached its deadline; `last` is the failure of an earlier attempt. */
  readonly onDeadline: (last: DownloadError | undefined) => Error;
  /** Returns a number from 0 (inclusive) to 1 (exclusive) for the jitter. */
  readonly random?: () => number;
}

/**
 * Calls `once` until it succeeds or fails for good: at most five times, within one deadline, of which an attempt may
 * take half. Waits as long as the server asks for; gives up at once when that is after the deadline.
 */
export async function retryDownload<T>(
  once: (signal: AbortSignal) => Promise<T>,
  limits: RetryLimits,
): Promise<T> {
  const { clock, timeoutMs } = limits;
  const end = clock.now() + timeoutMs;
  const attemptMs = timeoutMs / 2;
  const slow = (): Error => new DownloadError('unavailable', `not finished within ${attemptMs / 1000} s`);
  let last: DownloadError | undefined;
  let missing = 0;
  const repeat = async (signal: AbortSignal): Promise<T> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await withDeadline(once, { timeoutMs: attemptMs, clock, signal }, slow);
      } catch (error) {
        if (!(error instanceof DownloadError) || error.kind !== 'unavailable') throw error;
        last = error;
        const resumesAt = nextAttemptAt(error, attempt, limits);
        if (error.details.status === 404) missing += 1;
        const isUsedUp = attempt >= ATTEMPTS || missing >= MISSING_ANSWERS;
        if (isUsedUp || resumesAt >= end) throw giveUp(error, attempt, clock.now());
        await clock.sleep(resumesAt - clock.now(), signal);
      }
    }
  };
  return withDeadline(repeat, limits, () => limits.onDeadline(last));
}

function nextAttemptAt({ details }: DownloadError, attempt: number, limits: RetryLimits): number {
  const { clock, random = Math.random } = limits;
  const now = clock.now();
  const ceiling = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1));
  const pause = ceiling / 2 + (ceiling / 2) * random();
  return Math.max(now + pause, details.throttling?.retryAt?.(now) ?? 0);
}

function giveUp(error: DownloadError, attempts: number, now: number): DownloadError {
  const retryAt = error.details.throttling?.retryAt?.(now) ?? 0;
  const until = retryAt > now ? `; it accepts requests again at ${new Date(retryAt).toISOString()}` : '';
  const count = attempts === 1 ? '' : `; gave up after ${attempts} attempts`;
  return new DownloadError(error.kind, `${error.message}${until}${count}`, error.details);
}
