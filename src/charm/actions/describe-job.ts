import { type PastJob, listPastJobs, nameOutcome } from '../../builder/jobs/past-jobs.ts';
import type { Host, JobOutcome, JobPlace } from '../../builder/tools.ts';
import type { OngoingJob } from '../../model/job/ongoing-job.ts';
import { describeDuration } from '../../model/text/quantities.ts';
import type { ObservedHost, ObservedModel } from '../observed.ts';
import { cutLine } from '../status/status-line.ts';
import type { ActionResults } from './action.ts';

/** Returns the place by which the jobs of the unit are found. */
export function placeOf({ application, modelUuid, unit }: ObservedModel, { paths }: Host): JobPlace {
  return { paths, orderer: { application, modelUuid, unit } };
}

/** Describes what a job does and why. */
export function describeStart({ subject, reason, startedAt }: OngoingJob): ActionResults {
  return { image: subject, reason, started: new Date(startedAt).toISOString() };
}

/** Describes the state of a job: its outcome, its duration, the id of its image and the cause of its failure. */
export function describeEnd({ job, isCancelled, end }: PastJob, now: number): ActionResults {
  if (end === undefined) {
    const outcome = isCancelled ? 'being cancelled' : 'running';
    return { outcome, duration: describeDuration(now - job.startedAt) };
  }
  const { outcome, at } = end;
  const { result } = outcome;
  const imageId = result?.job === 'build' ? result.imageId : undefined;
  const failed = listFailedChecks(outcome);
  if (failed.length > 0) {
    const error = `failed checks: ${failed.join(', ')}`;
    return { outcome: 'failed', duration: describeDuration(at - job.startedAt), error };
  }
  return {
    outcome: nameOutcome(outcome),
    duration: describeDuration(at - job.startedAt),
    ...(imageId === undefined ? {} : { 'image-id': imageId }),
    ...(outcome.state === 'failed' ? { error: cutLine(outcome.message) } : {}),
  };
}

function listFailedChecks({ result }: JobOutcome): readonly string[] {
  const checks = result?.job === 'preflight' ? (result.checks ?? []) : [];
  return checks.filter(({ outcome }) => outcome === 'failed').map(({ name }) => name);
}

/** Returns the kind, the image and the reason of a job that an action requested and that has not started yet. */
export function findWaitingJob(id: string, { desired, built }: ObservedHost): ActionResults | undefined {
  if (built?.endedBuilds.includes(id) === true) return undefined;
  const builds = (desired?.requests ?? []).flatMap(({ action, builds: all }) =>
    all.map((build) => ({ action, ...build })),
  );
  const build = builds.find(({ buildId }) => buildId === id);
  if (build !== undefined)
    return { kind: 'build', image: build.imageName, reason: `asked by action ${build.action}` };
  const other = desired?.jobRequests.find(({ kind, jobId }) => kind !== 'cancel' && jobId === id);
  return other && { kind: other.kind, reason: `asked by action ${other.action}` };
}

/** Describes an id that is that of no job of the unit. */
export async function describeUnknown(id: string, place: JobPlace): Promise<string> {
  const known = (await listPastJobs(place)).slice(0, 5).map(({ job }) => job.buildId);
  const hint = known.length === 0 ? 'this unit has none yet' : `the newest are ${known.join(', ')}`;
  return `id: expected the id of a build of this unit, got ${id.slice(0, 80)}; ${hint}`;
}
