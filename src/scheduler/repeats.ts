import type { DesiredState } from '../model/desired-state.ts';
import { type WorkEntry, jobOf } from './job-runner.ts';
import { settingsOf } from './plan-settings.ts';

/** Less than the time between two ticks. */
const PAUSE_MS = 240_000;

/**
 * Keeps a job that comes through, and changes nothing that the plan can see, from running again and again: the end of
 * each job leads to a new plan. Builds take an hour, and have the journal.
 */
export class Repeats {
  readonly #startedAt = new Map<string, number>();

  /** May the entry start now? If so it counts as started. Under other settings it is another one. */
  admit(entry: WorkEntry, desired: DesiredState, now: number): boolean {
    if (entry.act === 'build') return true;
    for (const [key, at] of this.#startedAt) {
      if (at > now || now - at >= PAUSE_MS) this.#startedAt.delete(key);
    }
    const { kind, subject } = jobOf(entry, '', now);
    const key = JSON.stringify([entry, settingsOf(desired, kind, subject)]);
    if (this.#startedAt.has(key)) return false;
    this.#startedAt.set(key, now);
    return true;
  }
}
