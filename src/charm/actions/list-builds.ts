import { listPastJobs, type PastJob } from '../../builder/jobs/past-jobs.ts';
import type { JobKind } from '../../model/job/job-kind.ts';
import type { Action, ActionContext, ActionResults } from './action.ts';
import { describeEnd, describeStart, placeOf } from './describe-job.ts';

/** Builds, and the kinds of jobs that other actions request. */
const LISTED: readonly JobKind[] = ['build', 'prune-clouds', 'preflight', 'trial'];

/** Lists the builds whose files the unit still has, the newest first, with reason, outcome and duration. */
export const listBuildsAction: Action = {
  results: {
    builds:
      'by id: `kind`, `image`, `reason`, `started`, `outcome`, `duration`, and the `image-id` in the build cloud or the `error`',
  },
  perform: listBuilds,
};

async function listBuilds({ host, observeModel, clock }: ActionContext): Promise<ActionResults> {
  const jobs = await listPastJobs(placeOf(await observeModel(), host));
  const builds = jobs.filter(({ job }) => LISTED.includes(job.kind));
  if (builds.length === 0) return { builds: 'none yet' };
  const now = clock.now();
  return { builds: Object.fromEntries(builds.map((build) => [build.job.buildId, summarize(build, now)])) };
}

function summarize(past: PastJob, now: number): ActionResults {
  return { kind: past.job.kind, ...describeStart(past.job), ...describeEnd(past, now) };
}
