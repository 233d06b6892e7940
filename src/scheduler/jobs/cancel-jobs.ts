import type { DesiredState } from '../../model/unit/desired-state.ts';
import type { Logger } from '../../system/log/logger.ts';
import { rememberEnded } from '../journal/answers.ts';
import type { JournalFile } from '../journal/journal-file.ts';
import type { JobRunner } from './job-runner.ts';
import type { Supervisor } from './supervisor.ts';

interface CancelParts {
  readonly journal: JournalFile;
  readonly supervisor: Pick<Supervisor, 'jobs'>;
  readonly logger: Logger;
}

/** Stops the jobs that actions cancel. A job that does not run counts as ended, so that it is not started any more. */
export async function cancelJobs(
  { jobRequests }: Pick<DesiredState, 'jobRequests'>,
  runner: Pick<JobRunner, 'cancel'>,
  { journal, supervisor, logger }: CancelParts,
): Promise<void> {
  for (const { kind, action, jobId } of jobRequests) {
    if (kind !== 'cancel' || journal.current.answered.includes(action)) continue;
    if (supervisor.jobs.some(({ buildId }) => buildId === jobId)) {
      logger.info('an action cancels a job', { action, buildId: jobId });
      await runner.cancel(jobId, action);
    } else await journal.update((before) => rememberEnded(before, jobId));
  }
}
