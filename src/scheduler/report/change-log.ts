import type { Logger } from '../../system/log/logger.ts';
import type { PlanEntry } from '../plan/plan.ts';
import { jobOf } from '../jobs/job-runner.ts';

/** Tells each thing once, as long as it stays the same. */
export class ChangeLog {
  #before: ReadonlyMap<string, string> = new Map();

  /** Gives those of `now`, by what they are of, that differ from the last time. */
  changes(now: ReadonlyMap<string, string>): readonly (readonly [string, string])[] {
    const fresh = [...now].filter(([key, text]) => this.#before.get(key) !== text);
    this.#before = now;
    return fresh;
  }
}

/** Logs the entries of a plan that are new or have another reason. */
export class PlanChangeLog {
  readonly #logger: Logger;
  readonly #told = new ChangeLog();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  log(plan: readonly PlanEntry[]): void {
    const entries = new Map(plan.map((entry) => [describeEntry(entry), entry.reason]));
    for (const [what, reason] of this.#told.changes(entries)) this.#logger.info('planned', { what, reason });
  }
}

/** `build app-noble-x64`, `copy app-noble-x64 to c1, c2`, `rest app-noble-x64`. */
export function describeEntry(entry: PlanEntry): string {
  if (entry.act === 'skip') return `skip ${entry.subject}`;
  const { kind, subject, cloudIds } = jobOf(entry, '', 0);
  const preposition = kind === 'prune' ? 'in' : 'to';
  return `${kind} ${subject}${cloudIds.length === 0 ? '' : ` ${preposition} ${cloudIds.join(', ')}`}`;
}
