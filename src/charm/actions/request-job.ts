import { InputError } from '../../model/errors.ts';
import type { JobRequest } from '../../model/job/job-request.ts';
import type { ObservedModel } from '../observed.ts';
import type { ActionContext } from './action.ts';

/** Requests a job, or the cancellation of one, from the daemon. Throws InputError on a unit that never had settings. */
export async function requestJob(
  job: Omit<JobRequest, 'action'>,
  model: ObservedModel,
  { taskId, request }: Pick<ActionContext, 'taskId' | 'request'>,
): Promise<void> {
  const { desired } = await request(model, { job: { ...job, action: taskId } });
  if (desired?.jobRequests.some(({ action }) => action === taskId) === true) return;
  throw new InputError(['the unit has no valid options yet: see juju status']);
}
