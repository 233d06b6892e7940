import { failureKindOf } from '../../model/errors.ts';
import { messageOf } from '../../model/text/message-of.ts';
import { throwIfAborted } from '../../system/wait.ts';
import type { JobOutcome } from '../tools.ts';

/** Returns a failed outcome when `work` throws. Throws only when the daemon stops. */
export async function asOutcome(work: () => Promise<JobOutcome>, signal: AbortSignal): Promise<JobOutcome> {
  try {
    return await work();
  } catch (error) {
    throwIfAborted(signal);
    return failedBy(error);
  }
}

/** Returns the outcome of a job that could not run because of `error`. */
export function failedBy(error: unknown): JobOutcome {
  const kind = failureKindOf(error);
  return { state: 'failed', kind, message: messageOf(error), step: '', leftovers: [], result: undefined };
}
