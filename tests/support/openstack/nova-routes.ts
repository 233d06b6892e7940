import { randomUUID } from 'node:crypto';
import { type Answered, type Asked, Refusal, type Route } from './route.ts';

const NEWEST = 93;

/** The second number of the microversion 2.N that a client asks for; 1 when it asks for none. */
export function microversionOf({ headers }: Pick<Asked, 'headers'>): number {
  const asked = /^compute 2\.(\d+)$/.exec(headers['openstack-api-version'] ?? 'compute 2.1')?.[1];
  if (asked !== undefined && Number(asked) <= NEWEST) return Number(asked);
  const version = (headers['openstack-api-version'] ?? '').replace('compute ', '');
  const message = `Version ${version} is not supported by the API. Minimum is 2.1 and maximum is 2.${NEWEST}.`;
  throw new Refusal(406, message);
}

/** A route of Nova's, whose answers say their microversion and the request's id. */
export function novaRoute(route: string, answer: Route['answer']): Route {
  const [method = '', path = ''] = route.split(' ');
  return {
    route: `${method} /compute/v2.1${path}`,
    answer: async (asked, cloud) => withHeaders(microversionOf(asked), await answer(asked, cloud)),
  };
}

function withHeaders(microversion: number, answered: Answered): Answered {
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

/** What Nova says of a marker that it does not know. */
export function refuseMarker(marker: string): Refusal {
  return new Refusal(400, `marker [${marker}] not found`);
}

/** The links of a thing. */
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
