import {
  type Decoder,
  anything,
  decode,
  fields,
  list,
  optional,
  usableElements,
  shortText,
  urlText,
} from '../../model/decode.ts';
import type { ApiRequest, Service } from './service.ts';

const MAXIMUM_PAGES = 1000;
const MAXIMUM_ELEMENTS = 20_000;

/** A list call. `key` is the key of the response that holds the elements. */
export interface ListRequest<T> extends Omit<ApiRequest, 'method'> {
  readonly key: string;
  readonly element: Decoder<T>;
}

const linkFields = optional(list(fields({ rel: optional(shortText), href: optional(urlText) })));

/**
 * Returns the elements of all pages. An element that does not decode is skipped, because most elements belong to others
 * and are not used. The link to the next page is in `<key>_links` for Nova and Neutron, and in `next` for Glance. Only
 * the marker of the link is used, because its host may be unreachable from here. Throws UnexpectedAnswerError when there
 * are too many pages or elements.
 */
export async function listAll<T>(service: Service, request: ListRequest<T>): Promise<readonly T[]> {
  const { key, element, query = {}, ...rest } = request;
  const pageFields = fields({ [key]: list(anything), [`${key}_links`]: linkFields, next: optional(urlText) });
  const found: T[] = [];
  const seen = new Set<string>();
  const skip = (problems: readonly string[]): void => {
    service.reportSkipped(key, problems);
  };
  let marker: string | undefined;
  let count = 0;
  do {
    const pageQuery = marker === undefined ? query : { ...query, marker };
    const answer = await service.read({ ...rest, method: 'GET', query: pageQuery }, anything);
    const page = decode(pageFields, answer, '', (problems) =>
      service.unexpectedAnswer(request, problems.join('; ')),
    );
    const elements = page[key] as readonly unknown[];
    count += elements.length;
    if (count > MAXIMUM_ELEMENTS)
      throw service.unexpectedAnswer(request, `returned more than ${MAXIMUM_ELEMENTS} ${key}`);
    for (const read of usableElements(elements, element, key, skip)) found.push(read);
    const href = findNext(page.next, page[`${key}_links`] as readonly Link[] | undefined);
    if (href === undefined) return found;
    marker = findMarker(href);
    if (marker === undefined)
      throw service.unexpectedAnswer(request, 'returned a link to a next page without a marker');
    if (seen.has(marker))
      throw service.unexpectedAnswer(request, `returned the link to page ${marker} twice`);
    seen.add(marker);
  } while (seen.size < MAXIMUM_PAGES);
  throw service.unexpectedAnswer(request, `returned more than ${MAXIMUM_PAGES} pages`);
}

interface Link {
  readonly rel: string | undefined;
  readonly href: string | undefined;
}

function findNext(next: unknown, links: readonly Link[] | undefined): string | undefined {
  const href = typeof next === 'string' ? next : links?.find((link) => link.rel === 'next')?.href;
  return href === '' ? undefined : href;
}

function findMarker(href: string): string | undefined {
  if (!URL.canParse(href, 'http://relative')) return undefined;
  return new URL(href, 'http://relative').searchParams.get('marker') ?? undefined;
}
