import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { Dispatcher, buildConnector } from 'undici';
// only these files, because the whole package takes 8 MiB and doubles the time until it is loaded
import request from 'undici/lib/api/api-request.js';
import createConnection from 'undici/lib/core/connect.js';
import symbols from 'undici/lib/core/symbols.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import type { ProxySettings } from '../../model/proxy-settings.ts';
import { type AddressGuard, checkHost } from './address-guard.ts';
import { ProxyRefusal, explainFailure } from './connection-failure.ts';
import { type ChosenProxy, chooseProxy } from './proxy.ts';
import type { Trust } from './trust-store.ts';
import { openTunnel, proxyAuthorization } from './tunnel.ts';

/** The connection settings of a group of requests. */
export interface HttpOptions {
  /** The certificate authorities to trust. */
  readonly trust: Trust;
  /** False accepts every certificate, as `verify: false` in clouds.yaml asks. */
  readonly verify?: boolean;
  /** Absent: every connection is direct. */
  readonly proxy?: ProxySettings | undefined;
  /** Keeps the requests away from the services of this machine. */
  readonly guard?: AddressGuard | undefined;
  /** The longest time in milliseconds without a byte in either direction. */
  readonly stallTimeoutMs: number;
}

interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Readable;
  readonly signal?: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  /** Returns a header by its case-insensitive name, or the first value of a repeated header. */
  header(name: string): string | undefined;
  /** Must be read to its end or destroyed. */
  readonly body: Readable;
}

/** Sends requests over its own connection pool. Redirects are returned, not followed. */
export interface Http {
  send(request: HttpRequest): Promise<HttpResponse>;
  close(): Promise<void>;
}

/**
 * Opens a connection pool. Failed requests throw undici's errors, which the caller translates, or ConnectionFailure
 * when a proxy or an unknown certificate authority is involved.
 */
export function openHttp(options: HttpOptions): Http {
  const direct = createDispatcher(options, createConnector(options));
  const proxied = openProxiedRoutes(options, createConnector({ ...options, guard: undefined }));
  return {
    send: async (call) => {
      const url = new URL(call.url);
      const proxy = chooseProxy(options.proxy, url);
      await checkHost(options.guard, url.hostname, proxy !== undefined);
      const { pathname, search, origin } = url;
      const path = `${pathname}${search}`;
      const route = proxy
        ? proxied.find(url, path, proxy)
        : { dispatcher: direct, origin, path, headers: {} };
      try {
        const response = await send(route, call);
        if (proxy !== undefined && response.status === 407) {
          response.body.destroy();
          throw new ProxyRefusal(407);
        }
        return response;
      } catch (cause) {
        if (call.signal?.aborted === true) throw cause;
        throw explainFailure(cause, { proxy, trustHint: options.trust.hint });
      }
    },
    close: async () => {
      await Promise.all([direct.destroy(), proxied.close()]);
    },
  };
}

function createDispatcher(
  { stallTimeoutMs }: Pick<HttpOptions, 'stallTimeoutMs'>,
  connect: buildConnector.connector,
): Dispatcher {
  return new Agent({
    connect,
    headersTimeout: 0, // the caller sets the deadline: Glance answers an upload only after its store has finished
    bodyTimeout: stallTimeoutMs,
  });
}

/** Returns the function that opens connections. The certificates are parsed for the first https connection. */
function createConnector(options: HttpOptions): buildConnector.connector {
  const { trust, verify, guard, stallTimeoutMs } = options;
  const settings = {
    timeout: stallTimeoutMs,
    rejectUnauthorized: verify !== false,
    ...(guard === undefined ? {} : { lookup: guard.lookup }),
  };
  const plain = createConnection(settings);
  let secure: buildConnector.connector | undefined;
  return (target, callback) => {
    const onSocket: buildConnector.Callback = (...result) => {
      const [error, socket] = result;
      if (error === null) resumeAtEnd(socket);
      callback(...result);
    };
    if (target.protocol === 'https:') {
      secure ??= createConnection({ ...settings, secureContext: trust.context() });
      secure(target, onSocket);
    } else plain(target, onSocket);
  };
}

/**
 * Lets undici's parser process what it holds when the server ends the connection. Undici 7, the last version for Node 20,
 * throws an error that nobody can catch if a slow reader has paused the parser by then (its issue 5360). These listeners
 * run before undici's.
 */
function resumeAtEnd(socket: Socket): void {
  socket.on('end', () => {
    const parser = parserOf(socket);
    for (let isMore = true; isMore && parser?.paused === true && !socket.destroyed;) {
      isMore = socket.readableLength > 0;
      parser.resume();
    }
    if (parser?.paused !== true || socket.destroyed) return;
    parser.llhttp.llhttp_resume(parser.ptr); // paused by a body whose end is that of the connection
    parser.paused = false;
  });
  socket.on('close', () => {
    const parser = parserOf(socket);
    if (parser) parser.paused = false;
  });
}

function parserOf(socket: Socket): Parser | null | undefined {
  return (socket as unknown as Readonly<Record<symbol, Parser | null>>)[symbols.kParser];
}

/** The parts of undici's parser that `resumeAtEnd` uses. */
interface Parser {
  paused: boolean;
  readonly ptr: number;
  readonly llhttp: { readonly llhttp_resume: (ptr: number) => void };
  readonly resume: () => void;
}

/** The connection pool for a request, and the changes that a proxy requires. */
interface Route {
  readonly dispatcher: Dispatcher;
  readonly origin: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Opens the pools for requests through proxies: absolute URLs for http, tunnels for https. */
function openProxiedRoutes(options: HttpOptions, connect: buildConnector.connector) {
  const toProxies = createDispatcher(options, connect);
  const tunnels = new Map<string, Dispatcher>();
  const openTunnels = (proxy: URL): Dispatcher => {
    const connection = { url: proxy, trust: options.trust, timeoutMs: options.stallTimeoutMs };
    return createDispatcher(options, (target, callback) => {
      const { hostname, port } = target;
      openTunnel(connection, hostname, port === '' ? '443' : port).then(
        (httpSocket) => {
          connect({ ...target, httpSocket }, callback);
        },
        (cause: unknown) => {
          callback(cause as Error, null);
        },
      );
    });
  };
  return {
    find: (url: URL, path: string, proxy: ChosenProxy): Route => {
      if (url.protocol !== 'https:') {
        const headers = { host: url.host, ...proxyAuthorization(proxy.url) };
        return { dispatcher: toProxies, origin: proxy.url.origin, path: `${url.origin}${path}`, headers };
      }
      const dispatcher = tunnels.get(proxy.url.href) ?? openTunnels(proxy.url);
      tunnels.set(proxy.url.href, dispatcher);
      return { dispatcher, origin: url.origin, path, headers: {} };
    },
    close: async (): Promise<void> => {
      await Promise.all([toProxies, ...tunnels.values()].map((pool) => pool.destroy()));
    },
  };
}

async function send(
  { dispatcher, origin, path, headers: added }: Route,
  call: HttpRequest,
): Promise<HttpResponse> {
  const { statusCode, headers, body } = await request.call(dispatcher, {
    origin,
    path,
    method: call.method,
    headers: { 'user-agent': 'github-runner-image-builder', ...call.headers, ...added },
    body: call.body ?? null,
    signal: call.signal ?? null,
  });
  body.on('error', () => undefined); // without this, an unread body that fails would end the process
  const header = (name: string): string | undefined => {
    const value = headers[name.toLowerCase()];
    return Array.isArray(value) ? value[0] : value;
  };
  return { status: statusCode, header, body };
}
