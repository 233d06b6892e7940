import type { FaultInjector } from './server/fault-injector.ts';

/** The arrivals of one kind of request. */
export interface Arrivals {
  count(): number;
  /** Resolves when the nth request has arrived. */
  reach(nth?: number): Promise<void>;
}

/** Counts the requests that arrive from now on at a pattern, before they are answered; calls `act` with each number. */
export function countArrivals(
  faults: Pick<FaultInjector, 'onNext'>,
  at: string,
  act: (nth: number) => void = () => undefined,
): Arrivals {
  let count = 0;
  const waiting: (() => void)[] = [];
  const expectNext = (): void => {
    faults.onNext(at, () => {
      count += 1;
      expectNext();
      act(count);
      for (const wake of waiting.splice(0)) wake();
    });
  };
  expectNext();
  return {
    count: () => count,
    reach: async (nth = 1) => {
      while (count < nth) await new Promise<void>((resolve) => void waiting.push(resolve));
    },
  };
}
