import { Client, type IdentityPort, type OutgoingRequest } from 'pkgcloud/lib/pkgcloud/openstack/client.js';
import type { CloudAccess } from './cloud-access.ts';
import type { Identity, Token } from './identity.ts';

/** One request to one service, below its endpoint. */
interface TransportRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** An answer of any status. */
interface TransportAnswer {
  readonly status: number;
  /** One header, by its lower-case name. */
  readonly header: (name: string) => string | undefined;
  /** Parsed when it is JSON, else a string or `undefined`. */
  readonly body: unknown;
}

/** The authenticated way to one service of one cloud. */
export interface Transport {
  /** Resolves with any answer; rejects when there is none. An abort drops the connection. */
  send(request: TransportRequest, token: Token, signal: AbortSignal): Promise<TransportAnswer>;
}

/** What a transport connects to. */
export interface TransportTarget {
  readonly access: CloudAccess;
  /** PEM text of the cloud's certificate authority. */
  readonly ca: string | undefined;
  readonly service: 'compute' | 'image' | 'network';
  readonly endpoint: (token: Token) => string;
}

/**
 * pkgcloud as a mere transport. Its identity is ours (application credentials, one token for all); its list of
 * failing statuses, which lacks 429, 502 and 504, is emptied, so that every status is judged by our own code; its
 * `log::*` events, which hold passwords and tokens, are heard by nobody.
 */
export function openTransport(target: TransportTarget, identity: Identity): Transport {
  let current: Token | undefined;
  const client = new Client({
    provider: 'openstack',
    authUrl: target.access.authUrl,
    region: target.access.region,
    strictSSL: target.access.verify,
    earlyTokenTimeout: Number.NEGATIVE_INFINITY, // when to renew a token is the identity's business alone
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
  outgoing.followRedirect = false; // a redirect would carry the token to wherever it points
  outgoing.proxy = null;
  if (target.ca !== undefined) outgoing.ca = target.ca;
}

/** pkgcloud asks its identity for the token at each request; it gets the one that the caller chose. */
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

/** pkgcloud parses JSON only when it sent JSON; Glance's PATCH is sent as something else. */
function parseBody(body: unknown): unknown {
  if (typeof body !== 'string') return body;
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return body;
  }
}
