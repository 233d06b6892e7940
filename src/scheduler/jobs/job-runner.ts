import type { JobOutcome } from '../../builder/tools.ts';
import type { JobKind } from '../../model/job/job-kind.ts';
import { SWEEP_SUBJECT, findPrunedIds, listPrunedClouds } from '../../model/job/to-ongoing-job.ts';
import type { Observation } from '../../model/observation.ts';
import type { OngoingJob } from '../../model/job/ongoing-job.ts';
import type { PlanEntry } from '../plan/plan.ts';

/** A plan entry that becomes a job. */
export type WorkEntry = Exclude<PlanEntry, { readonly act: 'skip' }>;

/** The operations of the builder that the daemon uses, with the settings of one reconcile. */
export interface JobRunner {
  /** Groups the clouds that have the same login. */
  groupByLogin(cloudIds: readonly string[]): Promise<readonly (readonly string[])[]>;
  /**
   * Queries clouds with the same login in a process of its own. A cloud that fails is reported as failed. Rejects when the
   * daemon stops.
   */
  observe(cloudIds: readonly string[], apiTimeoutS: number): Promise<Observation>;
  /** Kills the observations of a daemon that was killed. */
  killObservations(): Promise<void>;
  /** Lists every running job of this unit, whichever daemon started it. */
  listOngoing(): Promise<readonly OngoingJob[]>;
  /** Starts a job and waits for its end. Rejects when the daemon stops; the job continues. */
  run(entry: WorkEntry, buildId: string): Promise<JobOutcome>;
  /** Waits for the end of a job that another daemon started. */
  adopt(job: OngoingJob): Promise<JobOutcome>;
  /** Asks a running job to stop and to undo what it made; kills it when it does not. `action` is the task id. */
  cancel(buildId: string, action: string): Promise<void>;
  /** Marks a job whose end is in the journal, so that later daemons ignore it. */
  markRecorded(buildId: string): Promise<void>;
  /** Returns the current step of a job, or an empty text before its first step. */
  readStep(buildId: string): Promise<string>;
  /** Removes the files of old jobs. */
  tidy(): Promise<void>;
}

/** Returns the job that a plan entry becomes. */
export function jobOf(entry: WorkEntry, buildId: string, startedAt: number): OngoingJob {
  const { subject, cloudIds } = targetOf(entry);
  const { act, reason } = entry;
  const deletableIds = deletableIdsOf(entry);
  const deletable = deletableIds === undefined ? {} : { deletableIds };
  const started = act === 'build' || act === 'layer' ? { layerId: entry.layerId } : {};
  return {
    kind: act satisfies JobKind,
    buildId,
    subject,
    cloudIds,
    ...deletable,
    ...started,
    reason,
    startedAt,
  };
}

function deletableIdsOf(entry: WorkEntry): readonly string[] | undefined {
  if (entry.act === 'prune') return entry.deletableIds;
  return entry.act === 'prune-clouds' ? findPrunedIds(entry) : undefined;
}

function targetOf(entry: WorkEntry): Pick<OngoingJob, 'subject' | 'cloudIds'> {
  switch (entry.act) {
    case 'prepare':
      return { subject: entry.base, cloudIds: [] };
    case 'layer':
      return { subject: entry.name, cloudIds: [] };
    case 'build':
    case 'copy':
      return { subject: entry.imageName, cloudIds: entry.uploadTo };
    case 'sweep':
      return { subject: SWEEP_SUBJECT, cloudIds: [entry.buildCloud, ...entry.cloudIds] };
    case 'prune':
      return { subject: entry.imageName, cloudIds: [entry.cloudId] };
    case 'trial':
      return { subject: entry.trial.imageName, cloudIds: [] };
    case 'preflight':
      return { subject: 'all images', cloudIds: [] };
    case 'prune-clouds':
      return { subject: entry.subject, cloudIds: listPrunedClouds(entry) };
  }
}
