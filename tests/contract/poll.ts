import { setTimeout as pause } from 'node:timers/promises';

const LONGEST_PAUSE_MS = 1000;

/** Looks until there is something to see; ever more seldom, for the lab is slow and the emulator is not. */
export async function poll<T>(what: string, seconds: number, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (let wait = 5; Date.now() < deadline; wait = Math.min(wait * 2, LONGEST_PAUSE_MS)) {
    const seen = await look();
    if (seen !== undefined) return seen;
    await pause(wait);
  }
  throw new Error(`${what}: not within ${seconds} s`);
}
