import { type CharmEntry, type EntryOutcome, enterCharm } from '../juju/juju-exec.ts';
import { messageOf } from '../model/message-of.ts';

/** juju-exec waits for the machine's lock as long as it takes: hooks of other units hold it. */
const ENTRY_TIMEOUT_MS = 600_000;

/** Has Juju dispatch the charm. Never rejects, and gives up waiting as soon as the signal is aborted. */
export type CharmDoor = (event: CharmEntry['event']) => Promise<EntryOutcome>;

export function createCharmDoor(given: Omit<CharmEntry, 'event' | 'timeoutMs'>): CharmDoor {
  const stopped = new Promise<EntryOutcome>((resolve) => {
    const drop = (): void => {
      resolve({ state: 'dropped' });
    };
    given.signal.addEventListener('abort', drop, { once: true });
  });
  return async (event) => {
    const entered = enterCharm({ ...given, event, timeoutMs: ENTRY_TIMEOUT_MS });
    try {
      return await Promise.race([entered, stopped]);
    } catch (error) {
      return { state: 'failed', message: messageOf(error) };
    }
  };
}
