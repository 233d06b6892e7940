import { StepFailedError } from '../image-builder/steps.ts';
import { failureKindOf } from '../model/errors.ts';
import { messageOf } from '../model/text/message-of.ts';
import type { ResultError } from '../model/result/program-result-common.ts';

/** Returns the description of a failure in the result. */
export function describeFailure(error: unknown): ResultError {
  const first = error instanceof StepFailedError ? error.first : error;
  return {
    kind: failureKindOf(error),
    type: first instanceof Error ? first.name : 'Error',
    message: messageOf(error),
    ...(error instanceof StepFailedError ? { step: error.step, leftovers: error.leftovers } : {}),
  };
}
