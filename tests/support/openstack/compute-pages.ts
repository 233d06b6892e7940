import { type Asked, Refusal } from './route.ts';

/** A list answer, and how its service pages it. */
export interface Listing<T> {
  /** Under which key the things stand: `servers`, and `servers_links` beside it. */
  readonly key: string;
  /** All of them, in the service's order. */
  readonly all: readonly T[];
  readonly idOf: (one: T) => string;
  /** The path of the list, as links name it. */
  readonly path: string;
  /** The most that one answer has. */
  readonly pageSize: number;
  /** What is said of a marker that nobody knows. */
  readonly refuseMarker: (marker: string) => Refusal;
}

/** The page that a client asks for, as the body of the answer; with a link to the next one when there may be one. */
export function pageOf<T>(asked: Asked, listing: Listing<T>): Readonly<Record<string, unknown>> {
  const { key, all, idOf, pageSize } = listing;
  const limit = Math.min(readLimit(asked) ?? pageSize, pageSize);
  const marker = asked.query.get('marker');
  const at = marker === null ? -1 : all.findIndex((one) => idOf(one) === marker);
  if (marker !== null && at < 0) throw listing.refuseMarker(marker);
  const page = all.slice(at + 1, at + 1 + limit);
  const last = page.at(-1);
  if (last === undefined || page.length < limit) return { [key]: page };
  return {
    [key]: page,
    [`${key}_links`]: [{ rel: 'next', href: nextLink(asked, listing.path, idOf(last)) }],
  };
}

function readLimit({ query }: Asked): number | undefined {
  const text = query.get('limit');
  if (text === null || text === '') return undefined;
  if (/^\d+$/.test(text)) return Number(text) === 0 ? undefined : Number(text);
  throw new Refusal(400, `limit must be a whole number, got ${text}`);
}

function nextLink({ origin, query }: Asked, path: string, marker: string): string {
  const next = new URLSearchParams(query);
  next.delete('marker');
  next.append('marker', marker);
  return `${origin}${path}?${next.toString()}`;
}
