import { type CharmDispatch, type DispatchOutcome, dispatchCharm } from '../../juju/juju-exec.ts';
import type { Clock } from '../../model/clock.ts';
import { messageOf } from '../../model/message-of.ts';

/** juju-exec waits for the machine's lock as long as it takes: hooks of other units hold it. */
const ENTRY_TIMEOUT_MS = 3_600_000;

/** A client that was ended has left its command with the unit's agent: more of them would pile up there. */
const HOLD_BACK_MS = 3_600_000;

/**
 * Has Juju dispatch the charm. Never rejects, and gives up waiting as soon as the signal is aborted. An event that did
 * not get through in time is not sent again for an hour: until then it is dropped.
 */
export type DispatchCharm = (event: CharmDispatch['event']) => Promise<DispatchOutcome>;

export interface CharmDispatcherParts extends Omit<CharmDispatch, 'event' | 'timeoutMs'> {
  readonly clock: Clock;
}

export function createCharmDispatcher({ clock, ...given }: CharmDispatcherParts): DispatchCharm {
  const held = new Set<CharmDispatch['event']>();
  const stopped = new Promise<DispatchOutcome>((resolve) => {
    const drop = (): void => {
      resolve({ state: 'dropped' });
    };
    given.signal.addEventListener('abort', drop, { once: true });
  });
  return async (event) => {
    if (held.has(event)) return { state: 'dropped' };
    const late = watchDeadline(clock, given.signal);
    const outcome = await Promise.race([enter({ ...given, event, timeoutMs: ENTRY_TIMEOUT_MS }), stopped]);
    if (late.isReached() && outcome.state === 'failed') {
      held.add(event);
      const release = (): unknown => held.delete(event);
      void clock.sleep(HOLD_BACK_MS, given.signal).then(release, release);
    }
    late.end();
    return outcome;
  };
}

async function enter(entry: CharmDispatch): Promise<DispatchOutcome> {
  try {
    return await dispatchCharm(entry);
  } catch (error) {
    return { state: 'failed', message: messageOf(error) };
  }
}

/** By timers: the time of day may be set meanwhile. */
function watchDeadline(clock: Clock, signal: AbortSignal) {
  const ended = new AbortController();
  let isReached = false;
  const reach = (): void => {
    isReached = true;
  };
  const slack = 1000; // juju-exec is ended at the deadline, and a little later it is told
  void clock
    .sleep(ENTRY_TIMEOUT_MS - slack, AbortSignal.any([signal, ended.signal]))
    .then(reach, () => undefined);
  return {
    isReached: () => isReached,
    end: () => {
      ended.abort();
    },
  };
}
