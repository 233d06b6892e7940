/** Where the callbacks of one act report how it ended; only the first report counts. */
export interface Outcome<T> {
  resolve(value: T): void;
  reject(error: Error): void;
}

/** What may end an act from outside. */
export interface SettleLimits<T> {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Reports how the act ends when its time is over. */
  readonly onTimeout: (outcome: Outcome<T>) => void;
}

/**
 * Waits until `act` reports, the time is over or the signal is aborted, which rejects with the signal's reason.
 * Leaves neither a timer nor a listener behind.
 */
export async function settleWithin<T>(
  limits: SettleLimits<T>,
  act: (outcome: Outcome<T>) => void = () => undefined,
): Promise<T> {
  const { signal } = limits;
  signal?.throwIfAborted();
  const end = new AbortController();
  const stopped = new Error('stopped');
  try {
    return await new Promise<T>((resolve, reject) => {
      const timer = setTimeout(limits.onTimeout, limits.timeoutMs, { resolve, reject });
      end.signal.addEventListener('abort', () => {
        clearTimeout(timer);
      });
      signal?.addEventListener(
        'abort',
        () => {
          reject(stopped);
        },
        { signal: end.signal },
      );
      act({ resolve, reject });
    });
  } catch (error) {
    if (error === stopped) signal?.throwIfAborted();
    throw error;
  } finally {
    end.abort();
  }
}
