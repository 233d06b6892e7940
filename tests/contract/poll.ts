import { setTimeout as pause } from 'node:timers/promises';

const LONGEST_PAUSE_MS = 1000;

/** Calls `probe` until it returns a value. The pauses grow, since the emulator is fast and the lab is slow. */
export async function poll<T>(
  what: string,
  seconds: number,
  probe: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (let wait = 5; Date.now() < deadline; wait = Math.min(wait * 2, LONGEST_PAUSE_MS)) {
    const found = await probe();
    if (found !== undefined) return found;
    await pause(wait);
  }
  throw new Error(`${what}: condition not met within ${seconds} s`);
}
