import { anyString, fields, list, oneOf, optional, text } from '../model/decode.ts';
import { InputError } from '../model/errors.ts';

const endpointFields = fields({
  interface: oneOf(['public', 'internal', 'admin']),
  region_id: optional(anyString),
  region: optional(anyString),
  url: text,
});

/** Decodes the service catalogue, which Keystone returns with each token. */
export const catalogFields = list(fields({ type: text, endpoints: list(endpointFields) }));

export type Catalog = typeof catalogFields extends (...args: never[]) => infer T | undefined ? T : never;
type Endpoint = Catalog[number]['endpoints'][number];

/** The criteria for an endpoint. */
export interface EndpointQuery {
  /** The cloud's name in clouds.yaml, for error messages. */
  readonly cloud: string;
  readonly service: 'compute' | 'image' | 'network';
  readonly interface: string;
  /** Optional when all endpoints are in the same region. */
  readonly region: string | undefined;
}

function regionOf(endpoint: Endpoint): string {
  return endpoint.region_id ?? endpoint.region ?? '';
}

/**
 * Returns the URL of the matching endpoint, without a trailing slash. Throws InputError when there is none, or when
 * the matches are in several regions.
 */
export function getEndpoint(catalog: Catalog, query: EndpointQuery): string {
  const endpoints = catalog
    .filter((service) => service.type === query.service)
    .flatMap((service) => service.endpoints)
    .filter((endpoint) => endpoint.interface === query.interface);
  const matching = endpoints.filter(
    (endpoint) => query.region === undefined || regionOf(endpoint) === query.region,
  );
  const [first] = matching;
  const regions = [...new Set(endpoints.map(regionOf))];
  if (first === undefined) throw noEndpoint(query, regions);
  if (new Set(matching.map(regionOf)).size > 1) {
    const known = regions.join(', ');
    throw new InputError([`clouds.${query.cloud}.region_name: expected one of ${known}, got nothing`]);
  }
  return first.url.replace(/\/+$/, '');
}

function noEndpoint(query: EndpointQuery, regions: readonly string[]): InputError {
  if (regions.length === 0) {
    const expected = `a ${query.interface} endpoint of a service of type ${query.service}`;
    return new InputError([`cloud ${query.cloud}: expected ${expected} in its catalogue, found none`]);
  }
  return new InputError([
    `clouds.${query.cloud}.region_name: expected one of ${regions.join(', ')}, got ${query.region ?? 'nothing'}`,
  ]);
}
