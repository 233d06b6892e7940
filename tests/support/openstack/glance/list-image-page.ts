import { isListed } from './image-access.ts';
import { type RouteRequest, type RouteResponse, Refusal } from '../server/route.ts';
import type { CloudState, ImageRecord } from '../cloud-state.ts';

const DEFAULT_LIMIT = 25;
const VISIBILITIES = ['public', 'private', 'shared', 'community', 'all'];
/** The filters that support `operator:value`. */
const WITH_OPERATOR = new Set(['name', 'id', 'status', 'container_format', 'disk_format']);

/** Returns one page of the images in the lists of the client's project, newest first. */
export function listImagePage({ query, login }: RouteRequest, cloud: CloudState): RouteResponse {
  const accepts = parseFilters(query);
  const found = [...cloud.images.values()]
    .filter((image) => isListed(cloud, image, login) && accepts.every((accept) => accept(image)))
    .sort((a, b) => compare(sortKey(b), sortKey(a)));
  const limit = Math.min(parseLimit(query.get('limit')), cloud.pageSize);
  const start = findStart(found, query.get('marker'), cloud);
  const images = found.slice(start, start + limit);
  const last = images.at(-1);
  // a full page links to a next one, even if that is empty
  const next =
    last === undefined || images.length < limit ? {} : { next: linkTo(query, [['marker', last.id]]) };
  return { status: 200, body: { images, first: linkTo(query, []), schema: '/v2/schemas/images', ...next } };
}

const sortKey = (image: ImageRecord): string => `${String(image['created_at'])} ${image.id}`;
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function parseLimit(text: string | null): number {
  if (text === null) return DEFAULT_LIMIT;
  if (!/^-?\d+$/.test(text)) throw new Refusal(400, 'limit param must be an integer');
  if (Number(text) < 0) throw new Refusal(400, 'limit param must be positive');
  return Number(text);
}

/** Returns the index after the marker. The image of the marker need not match the filters. */
function findStart(found: readonly ImageRecord[], marker: string | null, cloud: CloudState): number {
  if (marker === null) return 0;
  const image = cloud.images.get(marker);
  if (image === undefined) throw new Refusal(400, `No image found with ID ${marker}`);
  const after = found.findIndex((one) => compare(sortKey(one), sortKey(image)) < 0);
  return after === -1 ? found.length : after;
}

function linkTo(query: URLSearchParams, more: readonly (readonly [string, string])[]): string {
  const kept = [...query].filter(([key]) => key !== 'marker');
  const text = new URLSearchParams(Object.fromEntries([...kept, ...more])).toString();
  return `/v2/images${text === '' ? '' : `?${text}`}`;
}

type Accept = (image: ImageRecord) => boolean;

function parseFilters(query: URLSearchParams): readonly Accept[] {
  const visibility = query.get('visibility');
  if (visibility !== null && !VISIBILITIES.includes(visibility)) {
    throw new Refusal(400, `Invalid visibility value: ${visibility}`);
  }
  return [...query]
    .filter(
      ([key, value]) => !['limit', 'marker'].includes(key) && !(key === 'visibility' && value === 'all'),
    )
    .map(([key, value]) => {
      const accepted = WITH_OPERATOR.has(key) ? parseOperator(value) : [value];
      return (image) => accepted.includes(String(image[key]));
    });
}

/**
 * Parses a filter value and returns the values that it accepts. `in:` takes a comma-separated list of names, which may
 * be quoted. Glance keeps a backslash within quotes, so a name with a quote is never found. A value without a colon is
 * compared literally.
 */
function parseOperator(value: string): readonly string[] {
  const [, operator, operand = ''] = /^([^:]*):(.*)$/s.exec(value) ?? [];
  if (operator === undefined) return [value];
  if (operator === 'eq') return [operand];
  if (operator !== 'in') throw new Refusal(400, `Unable to filter by unknown operator '${operator}'.`);
  const parts = operand.match(/"(?:\\.|[^"\\])*"|[^,"]+/gs) ?? [];
  if (parts.join('').length + parts.length - 1 !== operand.length) {
    throw new Refusal(400, `Invalid filter value ${operand}. The quote is not closed.`);
  }
  return parts.map((part) => (part.startsWith('"') ? part.slice(1, -1) : part));
}
