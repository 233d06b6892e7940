import { NEW_CONSUMER } from './plan-copies.ts';
import { type PlanEntry, type PlanInput, type SkippedEntry, skip } from './plan-entry.ts';

/** The number of concurrent jobs. Each job is a process with its own connections to clouds. */
const MAX_JOBS = { copy: 4, prune: 4 } as const;

type Limited = Extract<PlanEntry, { readonly act: keyof typeof MAX_JOBS }>;

/** Limits the copies and prunes of a plan to the free slots. The others wait. */
export function limitJobs(entries: readonly PlanEntry[], { ongoing }: PlanInput): readonly PlanEntry[] {
  const count = (act: keyof typeof MAX_JOBS): number => ongoing.filter(({ kind }) => kind === act).length;
  const running = { copy: count('copy'), prune: count('prune') };
  const limited = entries.filter((entry) => entry.act === 'copy' || entry.act === 'prune');
  const order = [...limited.filter(isUrgent), ...limited.filter((entry) => !isUrgent(entry))];
  const waiting = new Map<PlanEntry, SkippedEntry>();
  for (const entry of order) {
    running[entry.act] += 1;
    if (running[entry.act] > MAX_JOBS[entry.act]) waiting.set(entry, waitFor(entry));
  }
  return entries.map((entry) => waiting.get(entry) ?? entry);
}

/** Reports whether the entry serves a consumer without any image. */
function isUrgent(entry: Limited): boolean {
  return entry.act === 'copy' && entry.reason.includes(NEW_CONSUMER);
}

function waitFor(entry: Limited): SkippedEntry {
  const where = entry.act === 'copy' ? `to ${entry.uploadTo.join(', ')}` : `in ${entry.cloudId}`;
  return skip(
    'waits',
    `${entry.imageName} ${where}`,
    `waits for one of ${MAX_JOBS[entry.act]} ${entry.act} jobs to end`,
  );
}
