/** Receives the result of one operation from its callbacks. Only the first call counts. */
export interface Outcome<T> {
  resolve(value: T): void;
  reject(error: Error): void;
}

/** The limits of one operation. */
export interface SettleLimits<T> {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Reports the result of the operation when its time is over. */
  readonly onTimeout: (outcome: Outcome<T>) => void;
}

/**
 * Runs `act` until it reports a result, the time is over, or the signal is aborted, which rejects with the signal's
 * reason. Removes its timer and listeners in every case.
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
