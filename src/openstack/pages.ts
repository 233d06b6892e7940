import { type Decoder, anything, decode, fields, list, optional, text } from '../model/decode.ts';
import type { ApiRequest, Service } from './service.ts';

const MAXIMUM_PAGES = 1000;

/** A list call, and under which key of its answer the things stand. */
export interface ListRequest<T> extends Omit<ApiRequest, 'method'> {
  readonly key: string;
  readonly element: Decoder<T>;
}

const linkFields = optional(list(fields({ rel: text, href: text })));

/** Lists all pages. Nova and Neutron name the next page in `<key>_links`, Glance in `next`; each by a marker. */
export async function listAll<T>(service: Service, request: ListRequest<T>): Promise<readonly T[]> {
  const { key, element, query = {}, ...rest } = request;
  const pageFields = fields({ [key]: list(element), [`${key}_links`]: linkFields, next: optional(text) });
  const found: T[] = [];
  const seen = new Set<string>();
  let marker: string | undefined;
  do {
    const pageQuery = marker === undefined ? query : { ...query, marker };
    const answer = await service.read({ ...rest, method: 'GET', query: pageQuery }, anything);
    const page = decode(pageFields, answer, '', (problems) =>
      service.unexpected(request, problems.join('; ')),
    );
    found.push(...(page[key] as readonly T[]));
    const href = findNext(page.next, page[`${key}_links`] as readonly Link[] | undefined);
    if (href === undefined) return found;
    marker = findMarker(href);
    if (marker === undefined) throw service.unexpected(request, 'named a next page without a marker');
    if (seen.has(marker)) throw service.unexpected(request, `named page ${marker} twice`);
    seen.add(marker);
  } while (seen.size < MAXIMUM_PAGES);
  throw service.unexpected(request, `has more than ${MAXIMUM_PAGES} pages`);
}

interface Link {
  readonly rel: string;
  readonly href: string;
}

function findNext(next: unknown, links: readonly Link[] | undefined): string | undefined {
  return typeof next === 'string' ? next : links?.find((link) => link.rel === 'next')?.href;
}

function findMarker(href: string): string | undefined {
  if (!URL.canParse(href, 'http://relative')) return undefined;
  return new URL(href, 'http://relative').searchParams.get('marker') ?? undefined;
}
