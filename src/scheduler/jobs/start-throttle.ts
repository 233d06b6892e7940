import type { DesiredState } from '../../model/desired-state.ts';
import { nextAttemptAt } from '../journal/back-off.ts';
import { type WorkEntry, jobOf } from './job-runner.ts';
import { settingsOf } from '../plan/plan-settings.ts';

/** Less than the time between two ticks. */
const PAUSE_MS = 240_000;
/** After so long without it, a job begins a new row. */
const FORGET_MS = 4 * 3_600_000;

interface Start {
  readonly at: number;
  /** How often, in a row. */
  readonly times: number;
}

/**
 * Keeps a job that comes through, and changes nothing that the plan can see, from running again and again: the end of
 * each job leads to a new plan. A copy, which moves a whole image, pauses longer each time. Builds have the journal.
 */
export class StartThrottle {
  readonly #starts = new Map<string, Start>();

  /** May the entry start now? If so it counts as started. Under other settings it is another one. */
  admit(entry: WorkEntry, desired: DesiredState, now: number): boolean {
    if (entry.act === 'build') return true;
    for (const [key, { at }] of this.#starts) {
      if (at > now || now - at >= FORGET_MS) this.#starts.delete(key);
    }
    const keys = keysOf(entry, desired, now);
    const isPaused = (key: string): boolean => now < pauseEnd(entry, this.#starts.get(key));
    if (keys.every(isPaused)) return false;
    for (const key of keys)
      this.#starts.set(key, { at: now, times: (this.#starts.get(key)?.times ?? 0) + 1 });
    return true;
  }
}

/** Of a copy one for each cloud, whichever others it goes to. */
function keysOf(entry: WorkEntry, desired: DesiredState, now: number): readonly string[] {
  const { kind, subject, cloudIds } = jobOf(entry, '', now);
  const settings = settingsOf(desired, kind, subject);
  if (entry.act !== 'copy') return [JSON.stringify([entry, settings])];
  return cloudIds.map((cloudId) => JSON.stringify([kind, entry.imageId, cloudId, settings]));
}

/** Never longer than one that failed rests, whatever the interval: that is an hour at least. */
function pauseEnd(entry: WorkEntry, start: Start | undefined): number {
  if (start === undefined) return Number.NEGATIVE_INFINITY;
  return entry.act === 'copy' ? nextAttemptAt(start.at, start.times, 1, 0) : start.at + PAUSE_MS;
}
