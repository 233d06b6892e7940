import { type RouteRequest, Refusal } from './route.ts';

/** The elements of a list, with the pagination rules of their service. */
export interface PagedList<T> {
  /** The key of the elements in the response, for example `servers`; the links are under `servers_links`. */
  readonly key: string;
  /** All elements, in the order of the service. */
  readonly all: readonly T[];
  readonly idOf: (one: T) => string;
  /** The path of the list, for links. */
  readonly path: string;
  /** The maximum number of elements in one response. */
  readonly pageSize: number;
  /** Returns the error for an unknown marker. */
  readonly refuseMarker: (marker: string) => Refusal;
}

/** Returns the requested page as a response body. A full page has a link to the next one, which may be empty. */
export function paginate<T>(request: RouteRequest, listing: PagedList<T>): Readonly<Record<string, unknown>> {
  const { key, all, idOf, pageSize } = listing;
  const limit = Math.min(readLimit(request) ?? pageSize, pageSize);
  const marker = request.query.get('marker');
  const at = marker === null ? -1 : all.findIndex((one) => idOf(one) === marker);
  if (marker !== null && at < 0) throw listing.refuseMarker(marker);
  const page = all.slice(at + 1, at + 1 + limit);
  const last = page.at(-1);
  if (last === undefined || page.length < limit) return { [key]: page };
  return {
    [key]: page,
    [`${key}_links`]: [{ rel: 'next', href: nextLink(request, listing.path, idOf(last)) }],
  };
}

function readLimit({ query }: RouteRequest): number | undefined {
  const text = query.get('limit');
  if (text === null || text === '') return undefined;
  if (/^\d+$/.test(text)) return Number(text) === 0 ? undefined : Number(text);
  throw new Refusal(400, `limit must be a whole number, got ${text}`);
}

function nextLink({ origin, query }: RouteRequest, path: string, marker: string): string {
  const next = new URLSearchParams(query);
  next.delete('marker');
  next.append('marker', marker);
  return `${origin}${path}?${next.toString()}`;
}
