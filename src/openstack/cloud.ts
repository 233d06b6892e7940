import type { Clock } from '../model/clock.ts';
import type { CloudCall } from '../model/cloud/cloud-errors.ts';
import type { JobResource, ResourceChange, ResourceKind } from '../model/job/job-resources.ts';
import type { Secret } from '../model/secret.ts';
import type { ProxySettings } from '../model/proxy-settings.ts';
import { guardAddresses } from '../system/http/address-guard.ts';
import { openAgents } from '../system/http/agents.ts';
import { type Http, openHttp } from '../system/http/http.ts';
import { type Trust, trustOnly } from '../system/http/trust-store.ts';
import type { CloudAccess } from './login/cloud-access.ts';
import { type ServiceName, endpointUrl } from './login/endpoint-url.ts';
import { type Identity, type Token, openIdentity } from './login/identity.ts';
import { projectKeyOf } from './login/project-key.ts';
import { createRecentIds } from './api/recent-ids.ts';
import { createResourceLog } from './resource-log.ts';
import { callLimits } from './api/retry.ts';
import { type ApiRequest, type Service, openService } from './api/service.ts';
import { readTlsFiles } from './login/tls-files.ts';
import { openTransport } from './api/transport.ts';

/** The clients for one project in one cloud. The functions in the resource files take it as their first argument. */
export interface Cloud {
  /** The cloud's key in clouds.yaml. */
  readonly name: string;
  readonly compute: Service;
  readonly image: Service;
  readonly network: Service;
  readonly blockStorage: Service;
  /** The API of Keystone. `identity` is the login. */
  readonly keystone: Service;
  readonly identity: Identity;
  /** The HTTP client for image data, which bypasses the transport of the control plane. */
  readonly data: Http;
  /** Returns the URL of the image service, including the API version. */
  readonly imageEndpoint: (token: Token) => string;
  /** The deadline of one call, including its retries. */
  readonly apiTimeoutMs: number;
  /**
   * Records that a resource was created, so that a 404 for it in the next seconds is not believed. Without a kind it is
   * not this project's to delete.
   */
  readonly noteCreated: (id: string, kind?: ResourceKind) => void;
  /** Records that a created resource is complete and is kept. */
  readonly noteKept: (id: string) => void;
  /** Returns the id of the project that the token is scoped to. */
  readonly projectId: () => Promise<string>;
  /** Returns a key that is the same for two entries of clouds.yaml if and only if they name the same project. */
  readonly projectKey: () => Promise<string>;
  readonly clock: Clock;
  /** Aborts waits, read-only calls and streams. */
  readonly signal: AbortSignal | undefined;
}

/** The settings for calls to a cloud. */
export interface CloudOptions {
  readonly clock: Clock;
  /** The deadline of one call, including its retries. */
  readonly apiTimeoutMs: number;
  /** The longest time that a transfer of image data may pass without a byte. */
  readonly stallTimeoutMs: number;
  /** The certificate authorities to trust, unless the cloud has its own `cacert`. */
  readonly trust: Trust;
  /** Absent: every connection is direct. */
  readonly proxy?: ProxySettings | undefined;
  /** Called for every response of the control plane. */
  readonly observe: (call: CloudCall, request: ApiRequest) => void;
  /** Called when a resource was created, deleted or completed. */
  readonly onResource?: ((change: ResourceChange, resource: JobResource) => void) | undefined;
  /** Called with every token, which no output may contain. */
  readonly onToken?: (token: Secret) => void;
  /** Logs something about the cloud that does not fail a call. */
  readonly warn: (message: string) => void;
}

/** A connection to one cloud. All `Cloud` objects that it returns share its sockets and its token. */
export interface CloudConnection {
  /** Returns a cloud whose waits, read-only calls and streams end when `signal` aborts. */
  withSignal(signal?: AbortSignal): Cloud;
  close(): Promise<void>;
}

const MAXIMUM_PROBLEM = 300;

/** Opens a cloud without sending a request. Throws CloudsYAMLError when `cacert`, `cert` or `key` cannot be read. */
export async function connectCloud(access: CloudAccess, options: CloudOptions): Promise<CloudConnection> {
  const trust = await findTrust(access, options);
  // half of the option's value, so that a stalled source is reopened before its readers time out
  const stallTimeoutMs = options.stallTimeoutMs / 2;
  const guard = access.allowedAddresses === undefined ? undefined : guardAddresses(access.allowedAddresses);
  const connections = { trust, verify: access.verify, proxy: options.proxy, guard, stallTimeoutMs };
  const http = openHttp(connections);
  const agents = openAgents(connections);
  const limits = callLimits(options.apiTimeoutMs, options.clock);
  const identity = openIdentity(access, { http, limits, onToken: options.onToken });
  const endpoint = (service: ServiceName | 'identity') => (token: Token) =>
    service === 'identity' ? access.authUrl : endpointUrl(access, service, token);
  const recentIds = createRecentIds(options.clock);
  const resources = createResourceLog(access.name, options.onResource);
  const reportSkipped = reportOnce(access.name, options.warn);
  const opener = (service: ServiceName | 'identity') => {
    const transport = openTransport(
      { access, agents, service, endpoint: endpoint(service), guard },
      identity,
    );
    return (signal: AbortSignal | undefined): Service =>
      openService({
        cloud: access.name,
        service,
        identity,
        transport,
        limits,
        signal,
        observe: options.observe,
        reportSkipped,
        recentIds,
        resources,
      });
  };
  const [compute, image, network] = [opener('compute'), opener('image'), opener('network')];
  const [blockStorage, keystone] = [opener('block-storage'), opener('identity')];
  const under = (signal?: AbortSignal): Cloud => ({
    name: access.name,
    compute: compute(signal),
    image: image(signal),
    network: network(signal),
    blockStorage: blockStorage(signal),
    keystone: keystone(signal),
    identity,
    data: http,
    imageEndpoint: endpoint('image'),
    apiTimeoutMs: options.apiTimeoutMs,
    noteCreated: (id, kind) => {
      recentIds.add(id);
      if (kind !== undefined) resources.created(id, kind);
    },
    noteKept: (id) => {
      resources.kept(id);
    },
    projectId: async () => (await identity.getToken()).projectId,
    projectKey: async () => projectKeyOf(access, await identity.getToken()),
    clock: options.clock,
    signal,
  });
  const close = async (): Promise<void> => {
    agents.close();
    await http.close();
  };
  return { withSignal: under, close };
}

/** Returns a function that logs the first skipped element of each kind. */
function reportOnce(cloud: string, warn: (message: string) => void): Service['reportSkipped'] {
  const reported = new Set<string>();
  return (kind, problems) => {
    if (reported.has(kind)) return;
    reported.add(kind);
    warn(`cloud ${cloud}: skipped one of its ${kind}: ${problems.join('; ').slice(0, MAXIMUM_PROBLEM)}`);
  };
}

/** Returns the authorities to trust. As in openstacksdk, those of `cacert` replace all others. */
async function findTrust(access: CloudAccess, options: Pick<CloudOptions, 'trust'>): Promise<Trust> {
  const { ca, cert, key } = await readTlsFiles(access);
  const hint = `correct clouds.${access.name}.cacert, which replaces all other authorities`;
  const trust = ca === undefined ? options.trust : trustOnly(ca, hint);
  return cert === undefined || key === undefined ? trust : trust.withClient({ cert, key });
}
