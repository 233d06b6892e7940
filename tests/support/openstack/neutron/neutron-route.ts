import { randomUUID } from 'node:crypto';
import { paginate } from '../server/paginate.ts';
import { type RouteResponse, type RouteRequest, Refusal, type Route } from '../server/route.ts';
import type { CloudState, PlainRecord } from '../cloud-state.ts';

/** The query parameters that are not filters. */
const NOT_FILTERS: ReadonlySet<string> = new Set(['limit', 'marker', 'page_reverse']);

/** Creates a route of Neutron, whose responses carry a request id. */
export function neutronRoute(route: string, answer: Route['answer']): Route {
  const [method = '', path = ''] = route.split(' ');
  return {
    route: `${method} /network/v2.0${path}`,
    answer: async (request, cloud) => {
      const answered = await answer(request, cloud);
      return {
        ...answered,
        headers: { 'x-openstack-request-id': `req-${randomUUID()}`, ...answered.headers },
      };
    },
  };
}

/** Returns the requested page of the records that the project may see and that match the query. */
export function listRecords(
  request: RouteRequest,
  cloud: CloudState,
  list: {
    readonly key: string;
    readonly path: string;
    readonly kind: string;
    readonly all: Iterable<PlainRecord>;
  },
): RouteResponse {
  const filters = [...request.query].filter(([name]) => !NOT_FILTERS.has(name));
  const matching = [...list.all].filter(
    (record) =>
      isVisible(record, request) && filters.every(([name, value]) => String(record[name]) === value),
  );
  const body = paginate(request, {
    key: list.key,
    all: matching.sort((a, b) => a.id.localeCompare(b.id)),
    idOf: ({ id }) => id,
    path: `/network/v2.0${list.path}`,
    pageSize: cloud.pageSize,
    refuseMarker: (marker) => notFound(list.kind, marker),
  });
  return { status: 200, body: withPrevious(body, request, list) };
}

/** Adds the link to the previous page, which Neutron returns together with the link to the next one. */
function withPrevious(
  body: Readonly<Record<string, unknown>>,
  { origin, query }: RouteRequest,
  { key, path }: { readonly key: string; readonly path: string },
): Readonly<Record<string, unknown>> {
  const links = body[`${key}_links`];
  const [first] = body[key] as readonly PlainRecord[];
  if (!Array.isArray(links) || first === undefined) return body;
  const back = new URLSearchParams(query);
  back.set('marker', first.id);
  back.set('page_reverse', 'True');
  const href = `${origin}/network/v2.0${path}?${back.toString()}`;
  return { ...body, [`${key}_links`]: [...(links as readonly unknown[]), { rel: 'previous', href }] };
}

/** Reports whether the client's project owns the record, or whether it is shared with all projects or external. */
export function isVisible(record: PlainRecord, { login }: RouteRequest): boolean {
  return (
    record['project_id'] === login.projectId ||
    record['shared'] === true ||
    record['router:external'] === true
  );
}

/** Returns Neutron's error for a missing resource. */
export function notFound(kind: string, id: string): Refusal {
  if (kind === 'SecurityGroup') {
    return new Refusal(404, `SecurityGroupNotFound: Security group ${id} does not exist`);
  }
  return new Refusal(404, `${kind}NotFound: ${kind} ${id} could not be found.`);
}
