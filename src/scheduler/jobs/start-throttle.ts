import type { DesiredState } from '../../model/unit/desired-state.ts';
import { nextAttemptAt } from '../journal/back-off.ts';
import { type WorkEntry, jobOf } from './job-runner.ts';
import { settingsOf } from '../plan/plan-settings.ts';

/** Shorter than the time between two ticks, so that each tick may start the job again. */
const PAUSE_MS = 240_000;
/** A job that was not started for this long begins a new streak. */
const STREAK_EXPIRY_MS = 4 * 3_600_000;

interface Start {
  readonly at: number;
  /** The number of starts in the current streak. */
  readonly times: number;
}

/**
 * Limits how often the same job starts. The end of each job leads to a new plan, so a job that succeeds without a visible
 * effect would otherwise start again at once. The pause of a copy, which transfers a whole image, grows with each start.
 * Builds are not limited here, because the journal limits them.
 */
export class StartThrottle {
  readonly #starts = new Map<string, Start>();

  /** Reports whether the entry may start now, and if so counts it as started. Changed settings make it a new entry. */
  admit(entry: WorkEntry, desired: DesiredState, now: number): boolean {
    if (entry.act === 'build') return true;
    for (const [key, { at }] of this.#starts) {
      if (at > now || now - at >= STREAK_EXPIRY_MS) this.#starts.delete(key);
    }
    const keys = keysOf(entry, desired, now);
    const isPaused = (key: string): boolean => now < pauseEnd(entry, this.#starts.get(key));
    if (keys.every(isPaused)) return false;
    for (const key of keys)
      this.#starts.set(key, { at: now, times: (this.#starts.get(key)?.times ?? 0) + 1 });
    return true;
  }
}

/** Returns one key for each cloud of a copy, because the set of clouds may differ next time, and one key for other jobs. */
function keysOf(entry: WorkEntry, desired: DesiredState, now: number): readonly string[] {
  const { kind, subject, cloudIds } = jobOf(entry, '', now);
  const settings = settingsOf(desired, kind, subject);
  if (entry.act !== 'copy') return [JSON.stringify([entry, settings])];
  return cloudIds.map((cloudId) => JSON.stringify([kind, entry.imageId, cloudId, settings]));
}

/** Returns the end of the pause. Copies use the back-off of failed jobs with the shortest interval, one hour. */
function pauseEnd(entry: WorkEntry, start: Start | undefined): number {
  if (start === undefined) return Number.NEGATIVE_INFINITY;
  return entry.act === 'copy' ? nextAttemptAt(start.at, start.times, 1, 0) : start.at + PAUSE_MS;
}
