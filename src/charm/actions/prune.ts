import { InputError } from '../../model/errors.ts';
import { findObstacle } from '../status/unit-status.ts';
import { type Action, type ActionContext, type ActionResults, requireLeader } from './action.ts';
import { requestJob } from './request-job.ts';

/** Requests the deletion of old revisions, or of what the Python charm left in the clouds. Dry by default. */
export const pruneAction: Action = {
  results: {
    id: 'the id of the prune; `show-build` reports what was or would be deleted and kept, and why',
    'dry-run': '`true` when nothing is deleted',
  },
  perform: requestPrune,
};

async function requestPrune(context: ActionContext): Promise<ActionResults> {
  const { params, observeModel, newBuildId } = context;
  const model = await observeModel();
  requireLeader(model, 'prune');
  const obstacle = findObstacle(model);
  if (obstacle !== undefined) throw new InputError([obstacle.message]);
  const isDryRun = params['dry-run'] !== false; // a caller that says nothing deletes nothing
  const jobId = newBuildId();
  const kind = params['legacy'] === true ? 'prune-former' : 'prune';
  await requestJob({ kind, jobId, isDryRun }, model, context);
  return { id: jobId, 'dry-run': String(isDryRun) };
}
