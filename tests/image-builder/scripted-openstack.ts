import { consoleMarker } from '../../src/guest/user-data.ts';
import type { Answer, HttpCloud, Script, ReceivedRequest } from '../support/http-cloud.ts';
import { type ScriptedGlance, scriptGlance } from './scripted-glance.ts';

/** A fault at a call: an answer instead of its effect, or an answer that replaces its response after the effect. */
export type Fault = { readonly instead: Answer } | { readonly after: Answer };

/** A complete scripted cloud, whose servers are active as soon as they are created. */
export interface ScriptedOpenStack {
  readonly glance: ScriptedGlance;
  readonly servers: Map<string, Record<string, unknown>>;
  readonly keypairs: Map<string, unknown>;
  /** Every call so far, in order. */
  readonly calls: readonly string[];
  /** Returns the fault of the nth call; called for each call. */
  fault: (nth: number) => Fault | undefined;
}

interface ServerRequest {
  readonly server: { readonly name: string; readonly metadata: Readonly<Record<string, string>> };
}
interface ActionRequest {
  readonly createImage?: { readonly name: string; readonly metadata: Readonly<Record<string, string>> };
  readonly 'os-stop'?: null;
}

/** Scripts Nova, Glance and Neutron on `http` for one build. */
export function scriptOpenStack(http: HttpCloud, buildId: string): ScriptedOpenStack {
  const calls: string[] = [];
  const servers = new Map<string, Record<string, unknown>>();
  const keypairs = new Map<string, unknown>();
  const on = (route: string, script: Script): void => {
    http.on(route, async (request) => {
      const fault = cloud.fault(calls.push(`${request.method} ${request.url.pathname}`));
      if (fault !== undefined && 'instead' in fault) return fault.instead;
      const answer = typeof script === 'function' ? await script(request) : (script as Answer);
      return fault?.after ?? answer;
    });
  };
  const cloud: ScriptedOpenStack = {
    glance: scriptGlance({ on }),
    servers,
    keypairs,
    calls,
    fault: () => undefined,
  };
  scriptNova(on, cloud, buildId);
  const network = { id: 'net', name: 'net', subnets: ['sub'] };
  const rules = [
    { direction: 'ingress', ethertype: 'IPv4', protocol: 'icmp' },
    { direction: 'ingress', ethertype: 'IPv4', protocol: 'tcp', port_range_min: 22, port_range_max: 22 },
  ];
  const group = { id: 'g', name: 'github-runner-image-builder-v1', security_group_rules: rules };
  on('GET /v2.0/networks', { body: { networks: [network] } });
  on('GET /v2.0/security-groups', { body: { security_groups: [group] } });
  on('GET /v2.0/ports', { body: { ports: [] } });
  return cloud;
}

type On = (route: string, script: Script) => void;

function scriptNova(on: On, { servers, keypairs, glance }: ScriptedOpenStack, buildId: string): void {
  const find = ({ url }: ReceivedRequest) => servers.get(url.pathname.split('/')[3] ?? '');
  on('GET /v2.1/flavors/detail', {
    body: { flavors: [{ id: 'f', name: 'f', vcpus: 2, ram: 2048, disk: 20 }] },
  });
  on('GET /v2.1/servers/detail', () => ({ body: { servers: [...servers.values()] } }));
  on('POST /v2.1/servers', ({ json }) => {
    const { name, metadata } = (json as ServerRequest).server;
    const addresses = { net: [{ addr: '192.0.2.1' }] };
    servers.set('s1', { id: 's1', name, status: 'ACTIVE', metadata, addresses });
    return { status: 202, body: { server: { id: 's1' } } };
  });
  on('GET /v2.1/servers/s1', (request) => {
    const server = find(request);
    return server === undefined ? { status: 404 } : { body: { server } };
  });
  on('DELETE /v2.1/servers/s1', () => ({ status: servers.delete('s1') ? 204 : 404 }));
  on('POST /v2.1/servers/s1/action', (request) => {
    const { createImage, ...other } = request.json as ActionRequest;
    if (createImage !== undefined) {
      glance.add({ id: 'snapshot', name: createImage.name, ...createImage.metadata });
      return { status: 202, body: { image_id: 'snapshot' } };
    }
    if ('os-stop' in other) Object.assign(find(request) ?? {}, { status: 'SHUTOFF' });
    const line = `${consoleMarker(buildId)}host-key ssh-ed25519 ${'a'.repeat(64)}`;
    return { status: 200, body: { output: `\n${line}\n` } };
  });
  on('GET /v2.1/os-keypairs', () => ({ body: { keypairs: [...keypairs.values()] } }));
  on('POST /v2.1/os-keypairs', ({ json }) => {
    const { keypair } = json as { readonly keypair: { readonly name: string } };
    keypairs.set(keypair.name, { keypair });
    return { status: 201, body: { keypair } };
  });
  on('DELETE /v2.1/os-keypairs/*', ({ url }) => {
    return { status: keypairs.delete(url.pathname.split('/')[3] ?? '') ? 202 : 404 };
  });
}
