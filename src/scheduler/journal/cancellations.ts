import type { OngoingJob } from '../../model/job/ongoing-job.ts';
import { type Cancellation, type JobKey, type Journal, failureKey } from './journal.ts';

/** Lists the keys under which a job is planned: that of a build or preparation, and those of its copies. */
export function listJobKeys({ kind, subject, cloudIds }: OngoingJob): readonly JobKey[] {
  const inClouds = (of: 'copy' | 'prune' | 'prune-clouds'): readonly JobKey[] =>
    cloudIds.map((cloudId) => ({ kind: of, subject, cloudId }));
  switch (kind) {
    case 'build':
      return [{ kind, subject, cloudId: '' }, ...inClouds('copy')];
    case 'prepare':
    case 'layer':
    case 'sweep':
      return [{ kind, subject, cloudId: '' }];
    case 'copy':
    case 'prune':
    case 'prune-clouds':
      return inClouds(kind);
    case 'preflight':
    case 'trial':
      return []; // only an action requests them
  }
}

/** Adds the cancellation of a job. Its earlier failures stay. */
export function rememberCancellation(
  journal: Journal,
  keys: readonly JobKey[],
  toCancellation: (key: JobKey) => Cancellation,
): Journal {
  const added = keys.map((key) => [failureKey(key), toCancellation(key)] as const);
  return { ...journal, cancelled: { ...journal.cancelled, ...Object.fromEntries(added) } };
}

/** Removes the cancellations of a job that has run to its end. */
export function forgetCancellation(journal: Journal, keys: readonly JobKey[]): Journal {
  const names = new Set(keys.map(failureKey));
  const kept = Object.entries(journal.cancelled).filter(([name]) => !names.has(name));
  if (kept.length === Object.keys(journal.cancelled).length) return journal;
  return { ...journal, cancelled: Object.fromEntries(kept) };
}
