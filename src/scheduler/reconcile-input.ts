import { type DesiredState, buildCloudOf, uploadCloudsOf } from '../model/desired-state.ts';
import type { Inbox } from './inbox.ts';
import { listPublishedImages } from './plan/plan-clouds.ts';
import type { JobContext } from './journal/record-job-end.ts';

/** The decoded files of the hooks that a plan needs. */
export type ReconcileInput = JobContext &
  Pick<Inbox, 'credentials' | 'credentialsGeneration' | 'environment'>;

/** Returns undefined when the desired state or the schedule is missing. */
export function toReconcileInput(inbox: Inbox): ReconcileInput | undefined {
  const { desired, schedule, credentials, credentialsGeneration, environment } = inbox;
  if (desired === undefined || schedule === undefined) return undefined;
  return { desired, intervalHours: schedule.intervalHours, credentials, credentialsGeneration, environment };
}

/** Reports whether an observation made for `before` is sufficient for `after`: same credentials, no new clouds or images. */
export function isCovered(after: ReconcileInput, before: ReconcileInput): boolean {
  if (after.credentials !== before.credentials) return false;
  if (after.credentialsGeneration !== before.credentialsGeneration) return false;
  if (after.desired.generation === before.desired.generation) return true;
  const observed = new Set(listObserved(before.desired));
  return listObserved(after.desired).every((key) => observed.has(key));
}

/** Lists the clouds to observe, and the published images as `cloud=image`. */
function listObserved(desired: DesiredState): readonly string[] {
  const published = listPublishedImages(desired).map(({ cloudId, imageId }) => `${cloudId}=${imageId}`);
  return [buildCloudOf(desired), ...uploadCloudsOf(desired), ...published];
}
