import type { Clock } from '../model/clock.ts';
import type { CloudCall } from '../model/cloud-errors.ts';
import { CloudsYAMLError } from '../model/errors.ts';
import { readTextFile } from '../system/files/text-file.ts';
import { type Http, openHttp } from '../system/http/http.ts';
import { getEndpoint } from './catalog.ts';
import type { CloudAccess } from './cloud-access.ts';
import { type Identity, type Token, openIdentity } from './identity.ts';
import { projectKeyOf } from './project-key.ts';
import { callLimits } from './retry.ts';
import { type ApiRequest, type Service, openService } from './service.ts';
import { openTransport } from './transport.ts';

/** The clients for one project in one cloud. The functions in the resource files take it as their first argument. */
export interface Cloud {
  /** The cloud's key in clouds.yaml. */
  readonly name: string;
  readonly compute: Service;
  readonly image: Service;
  readonly network: Service;
  readonly identity: Identity;
  /** The HTTP client for image data, which bypasses the transport of the control plane. */
  readonly data: Http;
  /** Returns the URL of the image service, including the API version. */
  readonly imageEndpoint: (token: Token) => string;
  /** The deadline of one call, including its retries. */
  readonly apiTimeoutMs: number;
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
  /** Called for every response of the control plane. */
  readonly observe: (call: CloudCall, request: ApiRequest) => void;
}

/** A connection to one cloud. All `Cloud` objects that it returns share its sockets and its token. */
export interface CloudConnection {
  /** Returns a cloud whose waits, read-only calls and streams end when `signal` aborts. */
  withSignal(signal?: AbortSignal): Cloud;
  close(): Promise<void>;
}

type ServiceName = 'compute' | 'image' | 'network';

/** Opens a cloud without sending a request. Throws CloudsYAMLError when the file named by `cacert` cannot be read. */
export async function connectCloud(access: CloudAccess, options: CloudOptions): Promise<CloudConnection> {
  const ca = await readCa(access);
  // half of the option's value, so that a stalled source is reopened before its readers time out
  const stallTimeoutMs = options.stallTimeoutMs / 2;
  const http = openHttp({ ca, verify: access.verify, proxy: 'none', stallTimeoutMs });
  const limits = callLimits(options.apiTimeoutMs, options.clock);
  const identity = openIdentity(access, { http, limits });
  const endpoint = (service: ServiceName) => (token: Token) =>
    withVersion(
      service,
      access.endpoints[service]?.replace(/\/+$/, '') ??
        getEndpoint(token.catalog, { ...access, cloud: access.name, service }),
    );
  const opener = (service: ServiceName) => {
    const transport = openTransport({ access, ca, service, endpoint: endpoint(service) }, identity);
    return (signal: AbortSignal | undefined): Service =>
      openService({
        cloud: access.name,
        service,
        identity,
        transport,
        limits,
        signal,
        observe: options.observe,
      });
  };
  const [compute, image, network] = [opener('compute'), opener('image'), opener('network')];
  const under = (signal?: AbortSignal): Cloud => ({
    name: access.name,
    compute: compute(signal),
    image: image(signal),
    network: network(signal),
    identity,
    data: http,
    imageEndpoint: endpoint('image'),
    apiTimeoutMs: options.apiTimeoutMs,
    projectId: async () => (await identity.getToken()).projectId,
    projectKey: async () => projectKeyOf(access, (await identity.getToken()).projectId),
    clock: options.clock,
    signal,
  });
  return { withSignal: under, close: () => http.close() };
}

/** Appends the API version, which most catalogues leave out of the URLs of Glance and Neutron. */
function withVersion(service: ServiceName, url: string): string {
  const hasVersion = /\/v\d[^/]*(\/|$)/.test(new URL(url).pathname);
  if (hasVersion || service === 'compute') return url;
  return service === 'image' ? `${url}/v2` : `${url}/v2.0`;
}

async function readCa(access: CloudAccess): Promise<string | undefined> {
  if (access.cacert === undefined) return undefined;
  const problem = `clouds.${access.name}.cacert: expected a readable PEM file, got ${access.cacert}`;
  const ca = await readTextFile(access.cacert).catch((cause: unknown) => {
    throw new CloudsYAMLError([problem], { cause });
  });
  if (ca === undefined) throw new CloudsYAMLError([problem]);
  return ca;
}
