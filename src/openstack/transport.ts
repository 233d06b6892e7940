import { Client, type IdentityPort, type OutgoingRequest } from 'pkgcloud/lib/pkgcloud/openstack/client.js';
import type { CloudAccess } from './cloud-access.ts';
import type { Identity, Token } from './identity.ts';

/** One request to a service. The path is relative to the service's endpoint. */
interface TransportRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** A response with any status. */
interface TransportAnswer {
  readonly status: number;
  /** Returns a header by its lower-case name. */
  readonly header: (name: string) => string | undefined;
  /** The parsed JSON; a string if the body is not JSON; undefined if it is empty. */
  readonly body: unknown;
}

/** The authenticated transport to one service of one cloud. */
export interface Transport {
  /** Resolves with the response, whatever its status; rejects when there is none. An abort closes the connection. */
  send(request: TransportRequest, token: Token, signal: AbortSignal): Promise<TransportAnswer>;
}

/** The service that a transport connects to. */
export interface TransportTarget {
  readonly access: CloudAccess;
  /** The PEM text of the cloud's certificate authority. */
  readonly ca: string | undefined;
  readonly service: 'compute' | 'image' | 'network';
  readonly endpoint: (token: Token) => string;
}

/**
 * Opens a transport that uses pkgcloud only to send requests. pkgcloud's identity is replaced by ours, which supports
 * application credentials and shares one token. pkgcloud's list of failing statuses lacks 429, 502 and 504, so it is
 * cleared, and `statusError` classifies every status. Nothing listens to pkgcloud's `log::*` events, because they
 * contain passwords and tokens.
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
  client.failCodes = {};
  client._getUrl = ({ path }) => `${client._serviceUrl ?? ''}${path}`;
  client.before.push((outgoing) => {
    harden(outgoing, target);
  });
  return {
    send: async (request, token, signal) => {
      current = token;
      client._serviceUrl = target.endpoint(token);
      return send(client, request, signal);
    },
  };
}

function harden(outgoing: OutgoingRequest, target: TransportTarget): void {
  outgoing.followRedirect = false; // following a redirect would send the token to another host
  outgoing.proxy = null;
  if (target.ca !== undefined) outgoing.ca = target.ca;
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

function send(client: Client, request: TransportRequest, signal: AbortSignal): Promise<TransportAnswer> {
  return new Promise((resolve, reject) => {
    const options = {
      method: request.method,
      path: request.path,
      qs: request.query,
      headers: { ...request.headers },
      ...(request.body === undefined ? {} : { body: request.body }),
    };
    const sent = client._request(options, (error, body, answer) => {
      signal.removeEventListener('abort', onAbort);
      if (error) reject(error);
      else resolve({ status: answer.statusCode, header: readHeader(answer.headers), body: parseBody(body) });
    });
    const onAbort = (): void => {
      sent.abort();
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

function readHeader(headers: Readonly<Record<string, string | string[] | undefined>>) {
  return (name: string): string | undefined => {
    const value = headers[name];
    return Array.isArray(value) ? value[0] : value;
  };
}

/** Parses a JSON body. pkgcloud does that only if the request was JSON too, which Glance's PATCH is not. */
function parseBody(body: unknown): unknown {
  if (typeof body !== 'string') return body;
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return body;
  }
}
