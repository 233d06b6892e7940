import { type PlanEntry, type PlanInput, type Rest, rest } from './plan-entry.ts';

/** How many run at a time, whatever there is to do: each is a process of its own with a cloud at its other end. */
const MOST = { copy: 4, prune: 4 } as const;

type Limited = Extract<PlanEntry, { readonly act: keyof typeof MOST }>;

/** The plan with as many copies and prunes as may run beside those that do; the others wait. */
export function limitJobs(entries: readonly PlanEntry[], { ongoing }: PlanInput): readonly PlanEntry[] {
  const count = (act: keyof typeof MOST): number => ongoing.filter(({ kind }) => kind === act).length;
  const running = { copy: count('copy'), prune: count('prune') };
  return entries.map((entry) => {
    if (entry.act !== 'copy' && entry.act !== 'prune') return entry;
    if (running[entry.act] >= MOST[entry.act]) return waitFor(entry);
    running[entry.act] += 1;
    return entry;
  });
}

function waitFor(entry: Limited): Rest {
  const where = entry.act === 'copy' ? `to ${entry.uploadTo.join(', ')}` : `in ${entry.cloudId}`;
  const most = MOST[entry.act];
  return rest('waits', `${entry.imageName} ${where}`, `waits for one of ${most} ${entry.act} jobs to end`);
}
