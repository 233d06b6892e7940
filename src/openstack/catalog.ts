import { anyString, fields, list, oneOf, optional, text } from '../model/decode.ts';
import { InputError } from '../model/errors.ts';

const endpointFields = fields({
  interface: oneOf(['public', 'internal', 'admin']),
  region_id: optional(anyString),
  region: optional(anyString),
  url: text,
});

/** Keystone's list of services and their endpoints, as a token brings it. */
export const catalogFields = list(fields({ type: text, endpoints: list(endpointFields) }));

export type Catalog = typeof catalogFields extends (...args: never[]) => infer T | undefined ? T : never;
type Endpoint = Catalog[number]['endpoints'][number];

/** Which endpoint is wanted. */
export interface EndpointQuery {
  /** The cloud's name in clouds.yaml, for errors. */
  readonly cloud: string;
  readonly service: 'compute' | 'image' | 'network';
  readonly interface: string;
  /** `undefined`: there must be one region only. */
  readonly region: string | undefined;
}

function regionOf(endpoint: Endpoint): string {
  return endpoint.region_id ?? endpoint.region ?? '';
}

/** The URL of the one endpoint that fits, without a slash at its end. Throws InputError when none or several do. */
export function getEndpoint(catalog: Catalog, query: EndpointQuery): string {
  const endpoints = catalog
    .filter((service) => service.type === query.service)
    .flatMap((service) => service.endpoints)
    .filter((endpoint) => endpoint.interface === query.interface);
  const fitting = endpoints.filter(
    (endpoint) => query.region === undefined || regionOf(endpoint) === query.region,
  );
  const [first] = fitting;
  const regions = [...new Set(endpoints.map(regionOf))];
  if (first === undefined) throw noEndpoint(query, regions);
  if (new Set(fitting.map(regionOf)).size > 1) {
    const known = regions.join(', ');
    throw new InputError([`clouds.${query.cloud}.region_name: expected one of ${known}, got nothing`]);
  }
  return first.url.replace(/\/+$/, '');
}

function noEndpoint(query: EndpointQuery, regions: readonly string[]): InputError {
  if (regions.length === 0) {
    const what = `a ${query.interface} endpoint of a service of type ${query.service}`;
    return new InputError([`cloud ${query.cloud}: expected ${what} in its catalogue, found none`]);
  }
  return new InputError([
    `clouds.${query.cloud}.region_name: expected one of ${regions.join(', ')}, got ${query.region ?? 'nothing'}`,
  ]);
}
