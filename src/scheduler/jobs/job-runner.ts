import type { JobOutcome } from '../../builder/tools.ts';
import type { JobKind } from '../../model/built.ts';
import type { Observation } from '../../model/observation.ts';
import type { OngoingJob } from '../../model/ongoing-job.ts';
import type { PlanEntry } from '../plan/plan.ts';

/** An entry that is a job. */
export type WorkEntry = Exclude<PlanEntry, { readonly act: 'skip' }>;

/** What the daemon asks of the builder, under the settings of one round. */
export interface JobRunner {
  /** What the clouds hold now. */
  observe(cloudIds: readonly string[]): Promise<Observation>;
  /** Every job of this unit that runs, whoever started it. */
  listOngoing(): Promise<readonly OngoingJob[]>;
  /** Starts a job and waits for its end. Rejects when the daemon stops; the job runs on. */
  run(entry: WorkEntry, buildId: string): Promise<JobOutcome>;
  /** Waits for the end of a job that another daemon started. */
  adopt(job: OngoingJob): Promise<JobOutcome>;
  /** The job's end is in the journal: no later daemon has to look for it. */
  markRecorded(buildId: string): Promise<void>;
  /** The step that a job is at; empty before its first. */
  readStep(buildId: string): Promise<string>;
  /** Removes what old jobs left. */
  tidy(): Promise<void>;
}

/** The job that an entry becomes. */
export function jobOf(entry: WorkEntry, buildId: string, startedAt: number): OngoingJob {
  const { subject, cloudIds } = aimOf(entry);
  return { kind: entry.act satisfies JobKind, buildId, subject, cloudIds, reason: entry.reason, startedAt };
}

function aimOf(entry: WorkEntry): Pick<OngoingJob, 'subject' | 'cloudIds'> {
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
