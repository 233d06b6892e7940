import type { JobOutcome } from '../../builder/tools.ts';
import type { JobKind } from '../../model/built.ts';
import type { Observation } from '../../model/observation.ts';
import type { OngoingJob } from '../../model/ongoing-job.ts';
import type { PlanEntry } from '../plan/plan.ts';

/** A plan entry that becomes a job. */
export type WorkEntry = Exclude<PlanEntry, { readonly act: 'skip' }>;

/** The operations of the builder that the daemon uses, with the settings of one reconcile. */
export interface JobRunner {
  /** Queries the current state of the clouds. */
  observe(cloudIds: readonly string[]): Promise<Observation>;
  /** Lists every running job of this unit, whichever daemon started it. */
  listOngoing(): Promise<readonly OngoingJob[]>;
  /** Starts a job and waits for its end. Rejects when the daemon stops; the job continues. */
  run(entry: WorkEntry, buildId: string): Promise<JobOutcome>;
  /** Waits for the end of a job that another daemon started. */
  adopt(job: OngoingJob): Promise<JobOutcome>;
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
  return { kind: entry.act satisfies JobKind, buildId, subject, cloudIds, reason: entry.reason, startedAt };
}

function targetOf(entry: WorkEntry): Pick<OngoingJob, 'subject' | 'cloudIds'> {
  switch (entry.act) {
    case 'prepare':
      return { subject: entry.base, cloudIds: [] };
    case 'build':
    case 'copy':
      return { subject: entry.imageName, cloudIds: entry.uploadTo };
    case 'prune':
      return { subject: entry.imageName, cloudIds: [entry.cloudId] };
  }
}
