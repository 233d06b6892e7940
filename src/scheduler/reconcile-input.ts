import { type DesiredState, buildCloudOf, uploadCloudsOf } from '../model/desired-state.ts';
import type { Inbox } from './inbox.ts';
import { listPublishedImages } from './plan/plan-clouds.ts';
import type { JobContext } from './journal/record-job-end.ts';

/** All that a plan needs of what hooks have left. */
export type ReconcileInput = JobContext &
  Pick<Inbox, 'credentials' | 'credentialsGeneration' | 'environment'>;

/** `undefined`: there is no desired state or no schedule. */
export function toReconcileInput(inbox: Inbox): ReconcileInput | undefined {
  const { desired, schedule, credentials, credentialsGeneration, environment } = inbox;
  if (desired === undefined || schedule === undefined) return undefined;
  return { desired, intervalHours: schedule.intervalHours, credentials, credentialsGeneration, environment };
}

/** Was all that is to be known for `after` looked at for `before` too, with the same credentials? */
export function isCovered(after: ReconcileInput, before: ReconcileInput): boolean {
  if (after.credentials !== before.credentials) return false;
  if (after.credentialsGeneration !== before.credentialsGeneration) return false;
  if (after.desired.generation === before.desired.generation) return true;
  const asked = new Set(listAsked(before.desired));
  return listAsked(after.desired).every((one) => asked.has(one));
}

/** The clouds, and the images that consumers are told, each in the clouds of its consumer. */
function listAsked(desired: DesiredState): readonly string[] {
  const told = listPublishedImages(desired).map(({ cloudId, imageId }) => `${cloudId}=${imageId}`);
  return [buildCloudOf(desired), ...uploadCloudsOf(desired), ...told];
}
