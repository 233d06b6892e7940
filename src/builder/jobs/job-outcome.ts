import { failureKindOf } from '../../model/errors.ts';
import { messageOf } from '../../model/message-of.ts';
import { throwIfAborted } from '../../system/wait.ts';
import type { JobOutcome } from '../tools.ts';

/** A job that could not even be started has failed. Only our own stop is thrown. */
export async function asOutcome(work: () => Promise<JobOutcome>, signal: AbortSignal): Promise<JobOutcome> {
  try {
    return await work();
  } catch (error) {
    throwIfAborted(signal);
    return failedBy(error);
  }
}

/** How a job ended that `error` kept from running. */
export function failedBy(error: unknown): JobOutcome {
  const kind = failureKindOf(error);
  return { state: 'failed', kind, message: messageOf(error), step: '', leftovers: [], result: undefined };
}
