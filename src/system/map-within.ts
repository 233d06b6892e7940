/**
 * Maps all items with at most `limit` calls of `work` at a time, started in order. Throws the first failure after every
 * started call has ended.
 */
export async function mapWithin<T, R>(
  limit: number,
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results = new Map<number, R>();
  const queue = items.entries();
  const workers = Array.from({ length: Math.max(1, limit) }, async () => {
    for (const [index, item] of queue) results.set(index, await work(item));
  });
  for (const ended of await Promise.allSettled(workers)) if (ended.status === 'rejected') throw ended.reason;
  return items.map((_item, index) => results.get(index) as R);
}
