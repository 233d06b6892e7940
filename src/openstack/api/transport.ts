import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { Client, type IdentityPort, type OutgoingRequest } from 'pkgcloud/lib/pkgcloud/openstack/client.js';
import { type AddressGuard, checkHost } from '../../system/http/address-guard.ts';
import type { AgentRoute, Agents } from '../../system/http/agents.ts';
import { ProxyRefusal } from '../../system/http/connection-failure.ts';
import type { HttpResponse } from '../../system/http/http.ts';
import type { CloudAccess } from '../login/cloud-access.ts';
import type { Identity, Token } from '../login/identity.ts';
import { followRedirects } from './redirects.ts';

/** One request to a service. The path is relative to the service's endpoint. */
interface TransportRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** The authenticated transport to one service of one cloud. */
export interface Transport {
  /**
   * Resolves with the response, whatever its status; rejects when there is none. Follows redirects within the origin.
   * An abort closes the connection.
   */
  send(request: TransportRequest, token: Token, signal: AbortSignal): Promise<HttpResponse>;
}

/** The service that a transport connects to. */
export interface TransportTarget {
  readonly access: CloudAccess;
  readonly agents: Agents;
  readonly service: 'compute' | 'image' | 'network' | 'block-storage' | 'identity';
  readonly endpoint: (token: Token) => string;
  /** Keeps the transport away from the services of this machine. */
  readonly guard: AddressGuard | undefined;
}

/**
 * Opens a transport that uses pkgcloud only to send requests. pkgcloud's identity is replaced by ours, which supports
 * application credentials and shares one token. Without a callback, pkgcloud neither buffers nor judges a response:
 * the caller reads the stream within its limits. Nothing listens to pkgcloud's `log::*` events, because they contain
 * passwords and tokens.
 */
export function openTransport(target: TransportTarget, identity: Identity): Transport {
  let current: Token | undefined;
  const client = new Client({
    provider: 'openstack',
    authUrl: target.access.authUrl,
    region: target.access.region,
    strictSSL: target.access.verify,
    earlyTokenTimeout: Number.NEGATIVE_INFINITY, // only the identity renews tokens
    identity: identityClass(identity, target, () => current),
  });
  client.serviceType = target.service;
  client.before.push((outgoing) => {
    harden(outgoing, target.agents.routeOf(new URL(client._serviceUrl ?? '')));
  });
  return {
    send: async (request, token, signal) => {
      const endpoint = target.endpoint(token);
      const url = new URL(`${endpoint}${request.path}`);
      for (const [key, value] of Object.entries(request.query)) url.searchParams.append(key, value);
      const route = target.agents.routeOf(url);
      await checkHost(target.guard, url.hostname, route.hasProxy);
      return followRedirects(request.method, url.href, (uri) => {
        current = token; // here, because another call may have waited at the same time with another token
        client._serviceUrl = endpoint; // without it, pkgcloud would log in again
        return send(client, { uri, route }, request, signal);
      });
    },
  };
}

function harden(outgoing: OutgoingRequest, { agent, proxy, headers }: AgentRoute): void {
  outgoing.followRedirect = false; // it would send the token to another host
  outgoing.agent = agent;
  outgoing.proxy = proxy; // null: without it, the package would read the environment
  Object.assign(outgoing.headers, headers);
  if (outgoing.json === true) {
    outgoing.json = false; // with it, the request package would parse the response
    outgoing.headers['accept'] = 'application/json';
    if (outgoing.body !== undefined) outgoing.body = JSON.stringify(outgoing.body);
  }
}

/** Returns an identity class for pkgcloud that uses the caller's token for each request. */
function identityClass(
  identity: Identity,
  target: TransportTarget,
  current: () => Token | undefined,
): new () => IdentityPort {
  return class implements IdentityPort {
    on(): this {
      return this;
    }
    get token(): { id: string; expires: Date } | undefined {
      const token = current();
      return token === undefined ? undefined : { id: token.id.reveal(), expires: token.expiresAt };
    }
    authorize(callback: (error?: unknown) => void): void {
      identity.getToken().then(() => {
        callback();
      }, callback);
    }
    getServiceEndpointUrl(): string {
      const token = current();
      return token === undefined ? '' : target.endpoint(token);
    }
  };
}

function send(
  client: Client,
  { uri, route }: { readonly uri: string; readonly route: AgentRoute },
  { method, path, headers, body }: TransportRequest,
  signal: AbortSignal,
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const sent = client._request({
      ...{ method, path, uri },
      headers: { 'accept-encoding': 'gzip, deflate', ...headers },
      ...(body === undefined ? {} : { body }),
    });
    const stream = new PassThrough();
    const fail = (error: Error): void => {
      signal.removeEventListener('abort', onAbort);
      stream.destroy(error);
      reject(error);
    };
    const onAbort = (): void => {
      sent.abort();
      fail(signal.reason as Error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    stream.on('error', () => undefined); // the reader of the body receives it
    stream.on('close', () => {
      signal.removeEventListener('abort', onAbort);
      if (!stream.readableEnded) sent.abort();
    });
    sent.on('error', (error) => {
      fail(route.explain(error));
    });
    sent.on('response', (answer: IncomingMessage) => {
      answer.on('aborted', () => fail(new Error('the connection broke off in the middle of the response')));
      if (answer.statusCode === 407 && route.hasProxy) {
        fail(route.explain(new ProxyRefusal(407)));
        return;
      }
      resolve({ status: answer.statusCode ?? 0, header: readHeader(answer.headers), body: stream });
    });
    sent.pipe(stream);
  });
}

function readHeader(headers: IncomingHttpHeaders) {
  return (name: string): string | undefined => {
    const value = headers[name];
    return Array.isArray(value) ? value[0] : value;
  };
}
