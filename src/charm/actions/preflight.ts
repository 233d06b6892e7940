import { InputError } from '../../model/errors.ts';
import type { Action, ActionContext, ActionResults } from './action.ts';
import { requestJob } from './request-job.ts';

/** Requests checks of everything that a build needs from the clouds and the downloads. */
export const preflightAction: Action = {
  results: { id: 'the id of the preflight; `show-build` reports its checks' },
  perform: requestPreflight,
};

async function requestPreflight(context: ActionContext): Promise<ActionResults> {
  const { observeModel, newBuildId } = context;
  const model = await observeModel();
  const [problem] = model.problems;
  if (problem !== undefined) throw new InputError([problem]);
  const jobId = newBuildId();
  await requestJob({ kind: 'preflight', jobId }, model, context);
  return { id: jobId };
}
