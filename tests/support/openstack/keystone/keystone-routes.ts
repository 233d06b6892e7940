import { randomBytes } from 'node:crypto';
import { parseLogin } from './parse-login.ts';
import { type RouteRequest, type RouteResponse, Refusal, type Route } from '../server/route.ts';
import type { Account, CloudState } from '../cloud-state.ts';

const TOKEN_SECONDS = 4 * 3600;
const DOMAIN = { id: 'default', name: 'Default' };
const DENIED = 'The request you have made requires authentication.';

/** The routes of Keystone, which issue and revoke tokens. */
export const keystoneRoutes: readonly Route[] = [
  { route: 'POST /identity/v3/auth/tokens', answer: logIn },
  { route: 'DELETE /identity/v3/auth/tokens', answer: revoke },
];

/** Returns a time in the format of Keystone. Unlike Glance and Nova, it has a fraction. */
const timeOf = (milliseconds: number): string =>
  new Date(milliseconds).toISOString().replace(/\.\d+Z$/, '.000000Z');

async function logIn(request: RouteRequest, cloud: CloudState): Promise<RouteResponse> {
  const login = parseLogin(await request.json());
  const account = cloud.accounts.find((one) => login.isBy(one));
  if (account === undefined) throw new Refusal(401, DENIED);
  const id = `gAAAAAB${randomBytes(120).toString('base64url')}`;
  const now = cloud.clock.now();
  const expiresAt = now + TOKEN_SECONDS * 1000;
  cloud.tokens.set(id, { login: account, expiresAt });
  cloud.tokensEver.push(id);
  const token = {
    methods: [login.method],
    user: { domain: DOMAIN, id: account.userId, name: account.userName, password_expires_at: null },
    audit_ids: [randomBytes(16).toString('base64url')],
    expires_at: timeOf(expiresAt),
    issued_at: timeOf(now),
    project: { domain: DOMAIN, id: account.projectId, name: account.projectName },
    is_domain: false,
    roles: ['member', 'reader'].map((name) => ({ id: idOf(cloud, name), name })),
    catalog: catalogOf(cloud, request.origin, account.projectId),
    ...credentialOf(account, login.method),
  };
  return { status: 201, headers: { 'x-subject-token': id, vary: 'X-Auth-Token' }, body: { token } };
}

function credentialOf({ applicationCredential }: Account, method: string): object {
  if (method !== 'application_credential' || applicationCredential === undefined) return {};
  const { id } = applicationCredential;
  return { application_credential: { id, name: 'lab', restricted: true } };
}

function revoke(request: RouteRequest, cloud: CloudState): RouteResponse {
  const isKnown = cloud.tokens.delete(request.headers['x-subject-token'] ?? '');
  if (!isKnown) throw new Refusal(404, 'Could not recognize Fernet token');
  return { status: 204 };
}

/** Returns a constant id for a role, service or endpoint. */
function idOf(cloud: CloudState, what: string): string {
  return Buffer.from(`${cloud.name} ${what}`.padEnd(16, '.')).toString('hex').slice(0, 32);
}

/** The types of the services that every region has. */
const ALWAYS: ReadonlySet<string> = new Set(['identity', 'image']);

function endpointsOf(cloud: CloudState, type: string, url: string): readonly unknown[] {
  return ['public', 'internal', 'admin'].map((kind) => ({
    id: idOf(cloud, `${kind.slice(0, 2)} ${type}`),
    interface: kind,
    region_id: cloud.region,
    region: cloud.region,
    url,
  }));
}

/** Returns the service catalogue. As in most catalogues, the URLs of Glance and Neutron lack the API version. */
function catalogOf(cloud: CloudState, origin: string, projectId: string): readonly unknown[] {
  const regions = [
    { cloud, origin },
    ...cloud.regions.map((other) => ({ cloud: other, origin: other.origin })),
  ];
  const service = (type: string, name: string, path: string): unknown => ({
    endpoints: regions
      .filter((each) => each.cloud.hasServers || ALWAYS.has(type))
      .flatMap((each) => endpointsOf(each.cloud, type, `${each.origin}${path}`)),
    id: idOf(cloud, type),
    type,
    name,
  });
  const always = [service('identity', 'keystone', '/identity/v3'), service('image', 'glance', '/image')];
  if (!cloud.hasServers) return always;
  const servers = [service('compute', 'nova', '/compute/v2.1'), service('network', 'neutron', '/network')];
  if (!cloud.hasBlockStorage) return [...always, ...servers];
  return [...always, ...servers, service('volumev3', 'cinderv3', `/volume/v3/${projectId}`)];
}
