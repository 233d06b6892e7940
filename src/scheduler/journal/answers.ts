import type { DesiredState } from '../../model/unit/desired-state.ts';
import type { Journal } from './journal.ts';

const MAX_LIST = 100;

/** Adds the id of a job that succeeded, failed or was cancelled: an action that requested it gets no other. */
export function rememberEnded(journal: Journal, buildId: string): Journal {
  if (journal.endedBuilds.includes(buildId)) return journal;
  return { ...journal, endedBuilds: append(journal.endedBuilds, [buildId]) };
}

/** Marks actions as answered when all their jobs have ended. Images that are no longer wanted do not count. */
export function rememberAnswered(journal: Journal, desired: DesiredState): Journal {
  const hasEnded = (id: string): boolean => journal.endedBuilds.includes(id);
  const builds = desired.requests.filter((request) =>
    request.builds.every(({ imageName, buildId }) => hasEnded(buildId) || !desired.images.has(imageName)),
  );
  const others = desired.jobRequests.filter(({ jobId }) => hasEnded(jobId));
  const answered = [...builds, ...others]
    .map(({ action }) => action)
    .filter((action) => !journal.answered.includes(action));
  if (answered.length === 0) return journal;
  return { ...journal, answered: append(journal.answered, answered) };
}

function append(texts: readonly string[], added: readonly string[]): readonly string[] {
  return [...new Set([...texts, ...added])].slice(-MAX_LIST);
}
