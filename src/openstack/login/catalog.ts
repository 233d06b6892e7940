import { anything, fields, list, nameText, optionalName, usableElements } from '../../model/decode.ts';
import { InputError, RegionNotFoundError } from '../../model/errors.ts';
import { parseHttpUrl } from '../../model/text/http-url.ts';

/**
 * Decodes the service catalogue, which Keystone returns with each token. Its services and endpoints are decoded when
 * they are searched, so that an odd entry of a service that nobody uses does no harm.
 */
export const catalogFields = list(anything);

export type Catalog = readonly unknown[];

const serviceFields = fields({ type: nameText, endpoints: list(anything) });

const endpointFields = fields({
  interface: nameText,
  region_id: optionalName,
  region: optionalName,
  url: anything,
});

type Endpoint = NonNullable<ReturnType<typeof endpointFields>>;

/** The types of each service in the catalogue. Most clouds call their block storage by its former name. */
const SERVICE_TYPES = {
  compute: ['compute'],
  image: ['image'],
  network: ['network'],
  'block-storage': ['block-storage', 'volumev3'],
} as const;

/** The criteria for an endpoint. */
export interface EndpointQuery {
  /** The cloud's name in clouds.yaml, for error messages. */
  readonly cloud: string;
  readonly service: keyof typeof SERVICE_TYPES;
  readonly interface: string;
  /** Optional when all endpoints are in the same region. */
  readonly region: string | undefined;
}

function regionOf(endpoint: Endpoint): string {
  return endpoint.region_id ?? endpoint.region ?? '';
}

/**
 * Returns the URL of the matching endpoint. Throws InputError when there is none or none has a URL, and
 * RegionNotFoundError when the region has none or several regions match.
 */
export function getEndpoint(catalog: Catalog, query: EndpointQuery): string {
  const endpoints = listEndpoints(catalog, query);
  const matching = endpoints.filter(
    (endpoint) => query.region === undefined || regionOf(endpoint) === query.region,
  );
  const [first] = matching;
  const regions = [...new Set(endpoints.map(regionOf))];
  if (first === undefined) throw noEndpoint(query, regions);
  if (new Set(matching.map(regionOf)).size > 1) {
    const known = describeRegions(regions);
    throw new RegionNotFoundError([
      `clouds.${query.cloud}.region_name: expected one of ${known}, got nothing`,
    ]);
  }
  const url = matching.map((endpoint) => endpoint.url).find(isHttpUrl);
  if (url === undefined) throw noUrl(query, first.url);
  return url;
}

/** Returns the region of a service that is in one region only. */
export function findRegion(
  catalog: Catalog,
  query: Pick<EndpointQuery, 'service' | 'interface'>,
): string | undefined {
  const regions = new Set(listEndpoints(catalog, query).map(regionOf));
  const [only] = regions;
  return regions.size === 1 && only !== '' ? only : undefined;
}

function listEndpoints(
  catalog: Catalog,
  query: Pick<EndpointQuery, 'service' | 'interface'>,
): readonly Endpoint[] {
  const skip = (): void => undefined; // what is not used is not read
  return usableElements(catalog, serviceFields, '', skip)
    .filter(({ type }) => SERVICE_TYPES[query.service].some((known) => known === type))
    .flatMap((service) => usableElements(service.endpoints, endpointFields, '', skip))
    .filter((endpoint) => endpoint.interface === query.interface);
}

const MAXIMUM_URL = 2048;

function isHttpUrl(url: unknown): url is string {
  return typeof url === 'string' && url.length <= MAXIMUM_URL && parseHttpUrl(url) !== undefined;
}

const MAXIMUM_REGIONS = 20;

function describeRegions(found: readonly string[]): string {
  const regions = found.filter((region) => region !== '');
  const more = regions.length > MAXIMUM_REGIONS ? ', …' : '';
  return regions.slice(0, MAXIMUM_REGIONS).join(', ') + more;
}

function noEndpoint(query: EndpointQuery, regions: readonly string[]): InputError {
  if (regions.length === 0) {
    const expected = `a ${query.interface} endpoint of a service of type ${query.service}`;
    return new InputError([`cloud ${query.cloud}: expected ${expected} in its catalogue, found none`]);
  }
  if (regions.every((region) => region === '')) {
    return new RegionNotFoundError([
      `clouds.${query.cloud}.region_name: expected nothing, because no endpoint in the catalogue has a region, got ` +
        (query.region ?? 'nothing'),
    ]);
  }
  return new RegionNotFoundError([
    `clouds.${query.cloud}.region_name: expected one of ${describeRegions(regions)}, got ${query.region ?? 'nothing'}`,
  ]);
}

const MAXIMUM_QUOTED = 100;

function noUrl({ cloud, service, interface: kind }: EndpointQuery, url: unknown): InputError {
  const got = typeof url === 'string' ? JSON.stringify(url.slice(0, MAXIMUM_QUOTED)) : 'no text';
  return new InputError([
    `cloud ${cloud}: the ${kind} endpoint of its ${service} service is not a URL: expected http:// or https:// and a ` +
      `host, got ${got}; ask the cloud's operator to correct the catalogue`,
  ]);
}
