import type { Clock } from '../../model/clock.ts';

/** The ids of the resources that were created a moment ago, so that some API servers of the cloud may not know them. */
export interface RecentIds {
  add(id: string): void;
  /** Removes the resource that the path ends with: it was deleted. */
  remove(path: string): void;
  /** Reports whether the path or the body of a request contains one of the ids. */
  isIn(request: { readonly path: string; readonly body?: unknown }): boolean;
}

/** The time in which a database replica follows. */
const RECENT_MS = 10_000;

/** Creates an empty set of ids. An id leaves it after ten seconds. */
export function createRecentIds(clock: Pick<Clock, 'now'>): RecentIds {
  const addedAt = new Map<string, number>();
  const isRecent = (id: string): boolean => clock.now() - (addedAt.get(id) ?? -Infinity) < RECENT_MS;
  return {
    add: (id) => {
      for (const known of addedAt.keys()) if (!isRecent(known)) addedAt.delete(known);
      addedAt.set(encodeURIComponent(id), clock.now());
    },
    remove: (path) => void addedAt.delete(path.split('/').at(-1) ?? ''),
    isIn: ({ path, body }) => {
      if (path.split('/').some(isRecent)) return true;
      const text = body === undefined ? '' : JSON.stringify(body);
      const recent = [...addedAt.keys()].filter(isRecent);
      return recent.some((id) => text.includes(JSON.stringify(decodeURIComponent(id))));
    },
  };
}
