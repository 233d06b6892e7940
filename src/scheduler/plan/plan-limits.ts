import { NEW_CONSUMER } from './plan-copies.ts';
import { type PlanEntry, type PlanInput, type SkippedEntry, skip } from './plan-entry.ts';

/** How many run at a time, whatever there is to do: each is a process of its own with a cloud at its other end. */
const MOST = { copy: 4, prune: 4 } as const;

type Limited = Extract<PlanEntry, { readonly act: keyof typeof MOST }>;

/** The plan with as many copies and prunes as may run beside those that do; the others wait. */
export function limitJobs(entries: readonly PlanEntry[], { ongoing }: PlanInput): readonly PlanEntry[] {
  const count = (act: keyof typeof MOST): number => ongoing.filter(({ kind }) => kind === act).length;
  const running = { copy: count('copy'), prune: count('prune') };
  const limited = entries.filter((entry) => entry.act === 'copy' || entry.act === 'prune');
  const order = [...limited.filter(isUrgent), ...limited.filter((entry) => !isUrgent(entry))];
  const waiting = order.filter(({ act }) => {
    running[act] += 1;
    return running[act] > MOST[act];
  });
  return entries.map((entry) => {
    const found = waiting.find((each) => each === entry);
    return found === undefined ? entry : waitFor(found);
  });
}

/** A consumer without any image comes first. */
function isUrgent(entry: Limited): boolean {
  return entry.act === 'copy' && entry.reason.includes(NEW_CONSUMER);
}

function waitFor(entry: Limited): SkippedEntry {
  const where = entry.act === 'copy' ? `to ${entry.uploadTo.join(', ')}` : `in ${entry.cloudId}`;
  const most = MOST[entry.act];
  return skip('waits', `${entry.imageName} ${where}`, `waits for one of ${most} ${entry.act} jobs to end`);
}
