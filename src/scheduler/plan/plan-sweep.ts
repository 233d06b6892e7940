import { buildCloudOf, uploadCloudsOf } from '../../model/unit/desired-state.ts';
import { SWEEP_SUBJECT } from '../../model/job/to-ongoing-job.ts';
import { findBackOff } from './plan-back-off.ts';
import { type PlanEntry, skip } from './plan-entry.ts';
import type { PlanIndex } from './plan-index.ts';
import { count } from './plan-words.ts';

/**
 * Plans to delete what jobs left that died, for example in a reboot. A unit on standby sweeps, too: only the unit that ran
 * a job knows that it is dead.
 */
export function planSweep(input: PlanIndex): readonly PlanEntry[] {
  const { desired, journal, ongoing, credentials } = input;
  const [first, ...others] = Object.keys(journal.died);
  if (first === undefined || credentials !== 'ready') return [];
  if (ongoing.some(({ kind }) => kind === 'sweep')) return [skip('running', SWEEP_SUBJECT, 'being swept')];
  const backOff = findBackOff({ kind: 'sweep', subject: SWEEP_SUBJECT, cloudId: '' }, input);
  if (backOff !== undefined) return [skip(backOff.cause, SWEEP_SUBJECT, backOff.reason, backOff.until)];
  const more = others.length === 0 ? '' : ` and ${count(others.length, 'more job')}`;
  const clouds = { buildCloud: buildCloudOf(desired), cloudIds: uploadCloudsOf(desired) };
  return [{ act: 'sweep', ...clouds, reason: `${first}${more} ended without a result` }];
}
