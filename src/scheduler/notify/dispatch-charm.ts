import { type CharmDispatch, type DispatchOutcome, dispatchCharm } from '../../juju/juju-exec.ts';
import type { Clock } from '../../model/clock.ts';
import { messageOf } from '../../model/text/message-of.ts';

/** juju-exec has no limit of its own while it waits for the machine's lock, which hooks of other units hold. */
const DISPATCH_TIMEOUT_MS = 3_600_000;

/** A stopped juju-exec leaves its command queued in the unit's agent. Repeating it at once would fill the queue. */
const HOLD_BACK_MS = 3_600_000;

/**
 * Asks Juju to dispatch the charm. Never rejects, and stops waiting when the signal is aborted. After an event reached its
 * deadline, further requests for the same event are dropped for an hour.
 */
export type DispatchCharm = (event: CharmDispatch['event']) => Promise<DispatchOutcome>;

export interface CharmDispatcherParts extends Omit<CharmDispatch, 'event' | 'timeoutMs'> {
  readonly clock: Clock;
  /** Called when the unit was refreshed to another charm. Must not reject. */
  readonly onReplaced: () => Promise<void>;
}

export function createCharmDispatcher(parts: CharmDispatcherParts): DispatchCharm {
  const { clock, onReplaced, ...options } = parts;
  const heldBack = new Set<CharmDispatch['event']>();
  const stopped = new Promise<DispatchOutcome>((resolve) => {
    const drop = (): void => {
      resolve({ state: 'dropped' });
    };
    options.signal.addEventListener('abort', drop, { once: true });
  });
  return async (event) => {
    if (heldBack.has(event)) return { state: 'dropped' };
    const deadline = watchDeadline(clock, options.signal);
    const outcome = await Promise.race([
      tryDispatch({ ...options, event, timeoutMs: DISPATCH_TIMEOUT_MS }),
      stopped,
    ]);
    if (deadline.isReached() && outcome.state === 'failed') {
      heldBack.add(event);
      const release = (): unknown => heldBack.delete(event);
      void clock.sleep(HOLD_BACK_MS, options.signal).then(release, release);
    }
    deadline.cancel();
    if (outcome.state === 'replaced') await onReplaced();
    return outcome;
  };
}

async function tryDispatch(dispatch: CharmDispatch): Promise<DispatchOutcome> {
  try {
    return await dispatchCharm(dispatch);
  } catch (error) {
    return { state: 'failed', message: messageOf(error) };
  }
}

/** Watches the deadline with a timer, because the time of day may be set while juju-exec waits. */
function watchDeadline(clock: Clock, signal: AbortSignal) {
  const cancelled = new AbortController();
  let isReached = false;
  const reach = (): void => {
    isReached = true;
  };
  const slackMs = 1000; // the outcome of a stopped juju-exec arrives shortly after the deadline
  void clock
    .sleep(DISPATCH_TIMEOUT_MS - slackMs, AbortSignal.any([signal, cancelled.signal]))
    .then(reach, () => undefined);
  return {
    isReached: () => isReached,
    cancel: () => {
      cancelled.abort();
    },
  };
}
