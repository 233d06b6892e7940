import type { ReadWait } from '../model/job/progress.ts';
import { type Timeouts, timeoutOption } from '../model/job/timeouts.ts';
import type { Cloud } from '../openstack/cloud.ts';
import type { Wait } from '../system/wait.ts';
import type { Deadlines } from './context.ts';

/** Learns of the waits of a step, whose state it may read. */
export interface WaitWatch {
  readonly onWait?: ((read: ReadWait) => void) | undefined;
}

/** Everything that a wait on a cloud uses. */
export type Waiting = Pick<Deadlines, 'timeouts'> & WaitWatch;

/** A state of a cloud's resource to wait for. */
interface AwaitedState {
  /** The time-out that limits the wait. */
  readonly timeout: keyof Timeouts;
  /** The state in words, such as `server x to be ACTIVE`. */
  readonly what: string;
  /** Returns the state seen last, for the error. */
  readonly lastSeen?: () => string;
  /** True when the cloud was just asked for the state, which takes it a second at least. */
  readonly isRequested?: boolean;
}

/** The pauses of a wait for a state that was requested: few calls, and an end that is noticed within seconds. */
const LONGEST_PAUSE_MS = 4000;
const REQUESTED = { firstPauseMs: 1000, intervalMs: LONGEST_PAUSE_MS };

/** The number of probes in a row that must see a bad state. One of them may come from an API server that lags behind. */
const PROBES_IN_A_ROW = 3;

/** Returns a function that reports whether a state was seen by several probes in a row. */
export function createConfirmation(): (isSeen: boolean) => boolean {
  let inARow = 0;
  return (isSeen) => {
    inARow = isSeen ? inARow + 1 : 0;
    return inARow >= PROBES_IN_A_ROW;
  };
}

/** Returns a wait that ends at the state's time-out or when the cloud's signal is aborted. */
export function waitOn(
  cloud: Pick<Cloud, 'clock' | 'signal'>,
  { timeouts, onWait }: Waiting,
  { timeout, what, lastSeen, isRequested = false }: AwaitedState,
): Wait {
  return {
    what,
    timeoutMs: timeouts[timeout] * 1000,
    ...(isRequested ? REQUESTED : { intervalMs: 2000 }),
    option: timeoutOption(timeout),
    clock: cloud.clock,
    signal: cloud.signal,
    onWait,
    ...(lastSeen === undefined ? {} : { lastSeen }),
  };
}
