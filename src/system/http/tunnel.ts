import http from 'node:http';
import https from 'node:https';
import { type Socket, isIPv6 } from 'node:net';
import tls from 'node:tls';
import { ProxyRefusal } from './connection-failure.ts';
import { portOf } from './proxy.ts';
import type { Trust } from './trust-store.ts';

/** The connection to a proxy. */
export interface ProxyConnection {
  readonly url: URL;
  /** The authorities to trust when its URL is https. */
  readonly trust: Trust;
  /** The longest time in milliseconds until the proxy has connected. */
  readonly timeoutMs: number;
}

/** Returns the header with the login of a proxy, or no header when its URL has none. */
export function proxyAuthorization({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === '' && password === '') return {};
  const login = `${decodePercent(username)}:${decodePercent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(login).toString('base64')}` };
}

function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a percent sign that stands for itself
  }
}

/** Asks a proxy to connect to a host. Rejects with ProxyRefusal when the proxy answers with another status than 200. */
export function openTunnel(proxy: ProxyConnection, host: string, port: string): Promise<Socket> {
  const { url, trust, timeoutMs } = proxy;
  const authority = `${isIPv6(host) ? `[${host}]` : host}:${port}`;
  const options = {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: portOf(url),
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...proxyAuthorization(url) },
    agent: false,
    timeout: timeoutMs,
  };
  return new Promise((resolve, reject) => {
    const request = startRequest(url.protocol, options, trust);
    request.once('connect', (answer, socket) => {
      if (answer.statusCode === 200) {
        socket.setTimeout(0);
        resolve(socket);
        return;
      }
      socket.on('error', () => undefined).destroy();
      reject(new ProxyRefusal(answer.statusCode ?? 0));
    });
    request.once('timeout', () => {
      request.destroy(new Error(`no connection within ${timeoutMs / 1000} s`));
    });
    request.once('error', reject);
    request.end();
  });
}

function startRequest(protocol: string, options: http.RequestOptions, trust: Trust): http.ClientRequest {
  if (protocol === 'http:') return http.request(options);
  return https.request({ ...options, agent: new https.Agent({ secureContext: trust.context() }) });
}

/** An agent for the requests of one host to https URLs through a proxy. */
export class TunnelAgent extends https.Agent {
  readonly #proxy: ProxyConnection;

  constructor(proxy: ProxyConnection, options: https.AgentOptions) {
    super(options);
    this.#proxy = proxy;
  }

  override createConnection(
    options: https.RequestOptions,
    callback?: (error: Error | null, socket: Socket) => void,
  ): undefined {
    const { host, port } = options;
    openTunnel(this.#proxy, host ?? '', String(port ?? 443)).then(
      (socket) => callback?.(null, tls.connect({ ...(options as tls.ConnectionOptions), socket })),
      (error: unknown) => callback?.(error as Error, undefined as never),
    );
    return undefined;
  }
}
