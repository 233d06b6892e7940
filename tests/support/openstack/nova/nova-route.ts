import { randomUUID } from 'node:crypto';
import { type RouteResponse, type RouteRequest, Refusal, type Route } from '../server/route.ts';

const NEWEST = 93;

/** Returns N of the requested microversion 2.N; 1 when the request names none. Throws Refusal 406 if unsupported. */
export function microversionOf({ headers }: Pick<RouteRequest, 'headers'>): number {
  const minor = /^compute 2\.(\d+)$/.exec(headers['openstack-api-version'] ?? 'compute 2.1')?.[1];
  if (minor !== undefined && Number(minor) <= NEWEST) return Number(minor);
  const version = (headers['openstack-api-version'] ?? '').replace('compute ', '');
  const message = `Version ${version} is not supported by the API. Minimum is 2.1 and maximum is 2.${NEWEST}.`;
  throw new Refusal(406, message);
}

/** Creates a route of Nova, whose responses carry the microversion and a request id. */
export function novaRoute(route: string, answer: Route['answer']): Route {
  const [method = '', path = ''] = route.split(' ');
  return {
    route: `${method} /compute/v2.1${path}`,
    answer: async (request, cloud) => withHeaders(microversionOf(request), await answer(request, cloud)),
  };
}

function withHeaders(microversion: number, answered: RouteResponse): RouteResponse {
  const version = `2.${microversion}`;
  const id = `req-${randomUUID()}`;
  const headers = {
    'openstack-api-version': `compute ${version}`,
    'x-openstack-nova-api-version': version,
    vary: 'OpenStack-API-Version, X-OpenStack-Nova-API-Version',
    'x-openstack-request-id': id,
    'x-compute-request-id': id,
    ...answered.headers,
  };
  return { ...answered, headers };
}

/** Returns Nova's error for an unknown marker. */
export function refuseMarker(marker: string): Refusal {
  return new Refusal(400, `marker [${marker}] not found`);
}

/** Returns the links of a resource. */
export function linksOf(
  origin: string,
  kind: string,
  id: string,
): readonly Readonly<Record<string, string>>[] {
  return [
    { rel: 'self', href: `${origin}/compute/v2.1/${kind}/${id}` },
    { rel: 'bookmark', href: `${origin}/compute/${kind}/${id}` },
  ];
}
