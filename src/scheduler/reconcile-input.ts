import type { BuildSchedule } from '../model/unit/schedule.ts';
import type { Inbox } from './inbox.ts';
import type { JobContext } from './journal/record-job-end.ts';

/** The decoded files of the hooks that a plan needs. */
export type ReconcileInput = Pick<JobContext, 'desired'> &
  Pick<Inbox, 'credentials' | 'credentialsGeneration'> & { readonly schedule: BuildSchedule };

/** Returns undefined when the desired state or the schedule is missing. */
export function toReconcileInput(inbox: Inbox): ReconcileInput | undefined {
  const { desired, schedule, credentials, credentialsGeneration } = inbox;
  if (desired === undefined || schedule === undefined) return undefined;
  return { desired, schedule, credentials, credentialsGeneration };
}
