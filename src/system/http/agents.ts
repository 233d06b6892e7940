import http from 'node:http';
import https from 'node:https';
import { explainFailure } from './connection-failure.ts';
import type { HttpOptions } from './http.ts';
import { type ChosenProxy, chooseProxy } from './proxy.ts';
import { TunnelAgent, proxyAuthorization } from './tunnel.ts';

/** The settings of one request that is sent with Node's own HTTP client. */
export interface AgentRoute {
  readonly agent: http.Agent;
  /** The proxy that receives the absolute URL; null: none. */
  readonly proxy: string | null;
  /** The headers for that proxy. */
  readonly headers: Readonly<Record<string, string>>;
  readonly hasProxy: boolean;
  /** Adds the proxy and the setting to change to an error. */
  readonly explain: (cause: unknown) => Error;
}

/** The agents for the requests to one cloud. */
export interface Agents {
  routeOf(url: URL): AgentRoute;
  close(): void;
}

/** The settings of Node's global agents. */
const KEEP_ALIVE = { keepAlive: true, scheduling: 'lifo', timeout: 5000 } as const;

/** Opens agents with the same trust and proxies as `openHttp`. */
export function openAgents(options: HttpOptions): Agents {
  const agents = new Map<string, http.Agent>();
  const keep = (key: string, open: () => http.Agent): http.Agent => {
    const agent = agents.get(key) ?? open();
    agents.set(key, agent);
    return agent;
  };
  const guarded = options.guard === undefined ? {} : { lookup: options.guard.lookup };
  const open = (protocol: string, more: http.AgentOptions): http.Agent =>
    protocol === 'https:'
      ? new https.Agent({ ...tls(), ...more })
      : new http.Agent({ ...KEEP_ALIVE, ...more });
  const tls = () => ({
    ...KEEP_ALIVE,
    secureContext: options.trust.context(),
    rejectUnauthorized: options.verify !== false,
  });
  const directTo = (protocol: string): http.Agent => keep(protocol, () => open(protocol, guarded));
  const proxyTo = (protocol: string): http.Agent => keep(`proxy ${protocol}`, () => open(protocol, {}));
  const tunnelTo = (url: URL): http.Agent =>
    keep(url.href, () => {
      const connection = { url, trust: options.trust, timeoutMs: options.stallTimeoutMs };
      return new TunnelAgent(connection, tls());
    });
  return {
    routeOf: (url) => {
      const proxy = chooseProxy(options.proxy, url);
      const facts = { proxy, trustHint: options.trust.hint };
      const explain = (cause: unknown): Error => explainFailure(cause, facts);
      const common = { proxy: null, headers: {}, hasProxy: proxy !== undefined, explain };
      if (proxy === undefined) return { ...common, agent: directTo(url.protocol) };
      if (url.protocol === 'https:') return { ...common, agent: tunnelTo(proxy.url) };
      return { ...common, agent: proxyTo(proxy.url.protocol), ...absoluteForm(proxy) };
    },
    close: () => {
      for (const agent of agents.values()) agent.destroy();
    },
  };
}

/** Returns the settings with which a proxy receives the absolute URL. Its login goes into a header only. */
function absoluteForm({ url }: ChosenProxy): Pick<AgentRoute, 'proxy' | 'headers'> {
  return { proxy: url.origin, headers: proxyAuthorization(url) };
}
