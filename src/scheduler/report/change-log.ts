import type { Logger } from '../../system/log/logger.ts';
import type { PlanEntry } from '../plan/plan.ts';
import { jobOf } from '../jobs/job-runner.ts';

/** Finds the texts that changed since the last call. */
export class ChangeLog {
  #previous: ReadonlyMap<string, string> = new Map();

  /** Returns the entries of `current` whose keys are new or whose texts differ from the last call. */
  changes(current: ReadonlyMap<string, string>): readonly (readonly [string, string])[] {
    const changed = [...current].filter(([key, text]) => this.#previous.get(key) !== text);
    this.#previous = current;
    return changed;
  }
}

/** Logs the plan entries that are new or have another reason. */
export class PlanChangeLog {
  readonly #logger: Logger;
  readonly #changes = new ChangeLog();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  log(plan: readonly PlanEntry[]): void {
    // each reconcile lists the clouds, which is no news
    const news = plan.filter((entry) => entry.act !== 'skip' || entry.cause !== 'listing');
    const entries = new Map(news.map((entry) => [describeEntry(entry), entry.reason]));
    for (const [what, reason] of this.#changes.changes(entries))
      this.#logger.info('planned', { what, reason });
  }
}

/** Returns a short description such as `build app-noble-x64`, `copy app-noble-x64 to c1, c2` or `skip app-noble-x64`. */
export function describeEntry(entry: PlanEntry): string {
  if (entry.act === 'skip') return `skip ${entry.subject}`;
  const { kind, subject, cloudIds, layerId } = jobOf(entry, '', 0);
  const preposition = ['prune', 'prune-clouds', 'sweep'].includes(kind) ? 'in' : 'to';
  const start = layerId === undefined ? '' : ` from layer ${layerId}`;
  return `${kind} ${subject}${start}${cloudIds.length === 0 ? '' : ` ${preposition} ${cloudIds.join(', ')}`}`;
}
