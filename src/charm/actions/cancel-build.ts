import { findPastJob } from '../../builder/jobs/past-jobs.ts';
import { InputError } from '../../model/errors.ts';
import { observeHost } from '../observe.ts';
import { type Action, type ActionContext, type ActionResults, readText } from './action.ts';
import { describeStart, describeUnknown, findWaitingJob, placeOf } from './describe-job.ts';
import { requestJob } from './request-job.ts';

/** Asks a job to stop and to undo what it made. A job that waits is not started. */
export const cancelBuildAction: Action = {
  results: {
    kind: '`build`, `layer`, `copy`, `prepare`, `prune`, `sweep`, `preflight`, `prune-clouds` for the action `prune`, or `trial` for `launch-runner`',
    image: 'the name of the image, or the bases that were prepared',
    reason: 'why the job was started or requested',
    started: 'the time of the start, in UTC; absent while the job waits',
    outcome: '`being cancelled`; `show-build` reports `cancelled` when the clean-up has ended',
  },
  perform: cancelBuild,
};

async function cancelBuild(context: ActionContext): Promise<ActionResults> {
  const { params, host, logger, observeModel } = context;
  const model = await observeModel();
  const place = placeOf(model, host);
  const id = readText(params, 'id');
  const past = await findPastJob(id, place);
  if (past?.end !== undefined) {
    const { kind, subject } = past.job;
    throw new InputError([
      `id: the ${kind} ${id} of ${subject} has ended and cannot be cancelled; show-build id=${id} shows its outcome`,
    ]);
  }
  const found =
    past === undefined
      ? findWaitingJob(id, await observeHost(host, logger, context.clock))
      : { kind: past.job.kind, ...describeStart(past.job) };
  if (found === undefined) throw new InputError([await describeUnknown(id, place)]);
  await requestJob({ kind: 'cancel', jobId: id }, model, context);
  return { ...found, outcome: 'being cancelled' };
}
