import type { JobRequest } from '../../model/job/job-request.ts';
import {
  type PlanInput,
  type PreflightEntry,
  type SkippedEntry,
  type TrialEntry,
  skip,
} from './plan-entry.ts';

type RequestInput = Pick<PlanInput, 'desired' | 'journal' | 'ongoing' | 'credentials'>;

/** Plans the preflights that actions request. They need credentials, and no consumer or cloud that answers. */
export function planPreflights(input: RequestInput): readonly PreflightEntry[] {
  return listOpenJobs(['preflight'], input).map(({ action, jobId }) => ({
    ...({ act: 'preflight', buildId: jobId } as const),
    reason: `asked by action ${action}`,
  }));
}

/** Plans the oldest trial that an action requests. Trials run one after the other. */
export function planTrials(input: RequestInput): readonly (TrialEntry | SkippedEntry)[] {
  const [next] = listOpenJobs(['trial'], input);
  if (next?.trial === undefined) return [];
  const { action, jobId, trial } = next;
  if (input.ongoing.some(({ kind }) => kind === 'trial'))
    return [skip('waits', `trial of ${trial.imageName}`, 'waits for another trial to end')];
  return [{ act: 'trial', buildId: jobId, trial, reason: `asked by action ${action}` }];
}

/** Lists the requests, the oldest first, whose jobs have neither started nor ended. */
export function listOpenJobs(
  kinds: readonly JobRequest['kind'][],
  { desired, journal, ongoing, credentials }: RequestInput,
): readonly JobRequest[] {
  if (credentials !== 'ready') return [];
  const closed = [...journal.endedBuilds, ...ongoing.map(({ buildId }) => buildId)];
  return desired.jobRequests.filter(({ kind, jobId }) => kinds.includes(kind) && !closed.includes(jobId));
}
