import { type Timeouts, timeoutOption } from '../model/timeouts.ts';
import type { Cloud } from '../openstack/cloud.ts';
import type { Wait } from '../system/wait.ts';

/** A state of a cloud's resource to wait for. */
interface AwaitedState {
  /** The time-out that limits the wait. */
  readonly timeout: keyof Timeouts;
  /** The state in words, such as `server x to be ACTIVE`. */
  readonly what: string;
  /** Returns the state seen last, for the error. */
  readonly lastSeen?: () => string;
}

/** Returns a wait that ends at the state's time-out or when the cloud's signal is aborted. */
export function waitOn(
  cloud: Pick<Cloud, 'clock' | 'signal'>,
  timeouts: Timeouts,
  { timeout, what, lastSeen }: AwaitedState,
): Wait {
  return {
    what,
    timeoutMs: timeouts[timeout] * 1000,
    intervalMs: 2000,
    option: timeoutOption(timeout),
    clock: cloud.clock,
    signal: cloud.signal,
    ...(lastSeen === undefined ? {} : { lastSeen }),
  };
}
