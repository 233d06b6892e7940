import type { Clock } from '../model/clock.ts';
import type { CloudCall } from '../model/cloud-errors.ts';
import { CloudsYAMLError } from '../model/errors.ts';
import { readTextFile } from '../system/files.ts';
import { type Http, openHttp } from '../system/http.ts';
import { getEndpoint } from './catalog.ts';
import type { CloudAccess } from './cloud-access.ts';
import { type Identity, type Token, openIdentity } from './identity.ts';
import { projectKeyOf } from './project-key.ts';
import { callLimits } from './retry.ts';
import { type ApiRequest, type Service, openService } from './service.ts';
import { openTransport } from './transport.ts';

/** One project in one cloud. The functions of the resource files take it as their first argument. */
export interface Cloud {
  /** Its key in clouds.yaml. */
  readonly name: string;
  readonly compute: Service;
  readonly image: Service;
  readonly network: Service;
  readonly identity: Identity;
  /** For image data, which does not go through the control plane's transport. */
  readonly data: Http;
  /** The image service's URL, its version not included. */
  readonly imageEndpoint: (token: Token) => string;
  /** The longest that one call may take, its repeats included. */
  readonly apiTimeoutMs: number;
  /** The project that the token is for. */
  readonly projectId: () => Promise<string>;
  /** Equal for two entries of clouds.yaml exactly if Keystone, project and region are the same. */
  readonly projectKey: () => Promise<string>;
  readonly clock: Clock;
  /** Stops waits, reads and streams. */
  readonly signal: AbortSignal | undefined;
}

/** How calls to a cloud behave. */
export interface CloudOptions {
  readonly clock: Clock;
  /** The longest that one call may take, its repeats included. */
  readonly apiTimeoutMs: number;
  /** The longest time without a byte in a transfer of image data. */
  readonly stallTimeoutMs: number;
  /** Hears of every answer of the control plane. */
  readonly observe: (call: CloudCall, request: ApiRequest) => void;
}

/** A cloud that can be looked at under several signals, over the same connections and the same token. */
export interface CloudConnection {
  /** The cloud, its waits and reads ended by `signal`. */
  under(signal?: AbortSignal): Cloud;
  close(): Promise<void>;
}

type ServiceName = 'compute' | 'image' | 'network';

/** Connects to a cloud: reads its CA, sends nothing yet. Throws CloudsYAMLError when the CA cannot be read. */
export async function connectCloud(access: CloudAccess, options: CloudOptions): Promise<CloudConnection> {
  const ca = await readCa(access);
  // half of it: a source that stands still is opened anew before its readers give up
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
  return { under, close: () => http.close() };
}

/** Catalogues name Glance and Neutron with their version or, mostly, without. */
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
