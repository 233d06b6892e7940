import { getEndpoint } from './catalog.ts';
import type { CloudAccess } from './cloud-access.ts';
import type { Token } from './identity.ts';

/** The API versions that we use. Each is the only major version that its service still has. */
const API_VERSIONS = { compute: 'v2.1', image: 'v2', network: 'v2.0', 'block-storage': 'v3' } as const;

export type ServiceName = keyof typeof API_VERSIONS;

/**
 * Returns the URL of a service's API, including the version, without a trailing slash. It comes from clouds.yaml or from
 * the catalogue, and keeps the scheme, host and path found there: the links of version documents are not used, because
 * behind a proxy they often name another host. Throws InputError.
 */
export function endpointUrl(
  access: CloudAccess,
  service: ServiceName,
  token: Pick<Token, 'catalog' | 'projectId'>,
): string {
  const query = { cloud: access.name, service, interface: access.interface, region: access.region };
  const override = service === 'block-storage' ? undefined : access.endpoints[service];
  const configured = override ?? getEndpoint(token.catalog, query);
  return withVersion(service, configured.replaceAll(PROJECT_PLACEHOLDER, token.projectId), token.projectId);
}

const PROJECT_PLACEHOLDER = /[$%]\((?:project|tenant)_id\)s/g;

/** Appends the version to the URL of a service's root. A project id after the version stays. */
function withVersion(service: ServiceName, text: string, projectId: string): string {
  const url = new URL(text.trim()); // both sources were checked
  const segments = url.pathname.split('/').filter((segment) => segment !== '');
  const last = segments.at(-1) ?? '';
  const isScoped = last === projectId || /^[0-9a-f]{32}$/.test(last);
  const root = isScoped ? segments.slice(0, -1) : segments;
  const hasVersion = isVersion(root.at(-1));
  const path = hasVersion ? segments : [...root, API_VERSIONS[service]];
  // Cinder before Yoga requires the project in every path, and later ones accept it.
  const lacksProject = service === 'block-storage' && !(isScoped && hasVersion);
  return [url.origin, ...path, ...(lacksProject ? [projectId] : [])].join('/');
}

/** Reports whether the last segment of a path is a version. Other segments may look like one: `/v2-api/compute`. */
function isVersion(segment: string | undefined): boolean {
  return segment !== undefined && /^v\d+(\.\d+)?$/.test(segment);
}
