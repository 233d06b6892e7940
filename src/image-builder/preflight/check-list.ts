import { ProductError } from '../../model/errors.ts';
import { messageOf } from '../../model/text/message-of.ts';
import type { PreflightCheck } from '../../model/result/program-result-preflight.ts';

/** A check that cannot be made, or that does not apply. */
export class SkippedCheckError extends Error {}

/** The name of a check, the cloud that it concerns, and the remedy when it fails. */
type CheckHead = Pick<PreflightCheck, 'cloud' | 'name' | 'advice'>;

/** A passed check: what was found, in words and as a value for later checks. */
interface Passed<T> {
  readonly reason: string;
  readonly value: T;
}

/** Makes checks one by one and collects their outcomes. A failed check does not stop the others. */
export class CheckList {
  readonly checks: PreflightCheck[] = [];
  /** The errors of the failed checks. */
  readonly failures: unknown[] = [];

  /** Makes a check. Returns undefined when it failed or was skipped. Throws only when the command is cancelled. */
  async check<T>(head: CheckHead, act: () => Promise<Passed<T>>): Promise<T | undefined> {
    try {
      const { reason, value } = await act();
      this.checks.push({ ...head, outcome: 'ok', reason, advice: '' });
      return value;
    } catch (error) {
      if (error instanceof ProductError && error.kind === 'cancelled') throw error;
      const isSkipped = error instanceof SkippedCheckError;
      if (!isSkipped) this.failures.push(error);
      const outcome = isSkipped ? 'skipped' : 'failed';
      this.checks.push({ ...head, outcome, reason: messageOf(error), ...(isSkipped && { advice: '' }) });
      return undefined;
    }
  }
}
