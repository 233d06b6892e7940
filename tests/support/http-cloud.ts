import { once, EventEmitter } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';

/** A response of the server. A body that is not a string, a buffer or a stream is sent as JSON. */
interface HttpAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** The response of a gateway: without the request id that every OpenStack service sends. */
  readonly isForeign?: true;
  /** Sent before the request's body is read. */
  readonly isEarly?: true;
}

/**
 * A response, or a failure. `hang` keeps the connection open without a response, `stall` also stops reading from it,
 * `reset` closes it at once.
 */
export type Answer = HttpAnswer | 'hang' | 'stall' | 'reset';

/** One response for all requests, a list whose last response repeats, or a function. */
export type Script = Answer | readonly Answer[] | ((request: ReceivedRequest) => Answer | Promise<Answer>);

/** A received request. Its body grows until it is complete. */
interface ReceivedRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly json: unknown;
  /** The client's port, which is another one for each connection. */
  readonly clientPort: number | undefined;
}

/** A scripted server on loopback in the place of OpenStack or another web server. */
export interface HttpCloud {
  readonly origin: string;
  /** Sets the responses to `METHOD /path`, without the query. `*` matches one path segment. */
  on(route: string, script: Script): void;
  /** Returns the requests so far, optionally only those to `route`. */
  requests(route?: string): readonly ReceivedRequest[];
  /** Resolves when the nth request to `route` has arrived. */
  waitFor(route: string, nth?: number): Promise<void>;
  close(): Promise<void>;
}

export const TOKENS = 'POST /v3/auth/tokens';

class RecordedRequest implements ReceivedRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly chunks: Buffer[] = [];
  readonly clientPort: number | undefined;

  constructor(request: IncomingMessage) {
    this.clientPort = request.socket.remotePort;
    this.method = request.method ?? '';
    this.url = new URL(request.url ?? '', 'http://cloud');
    this.headers = request.headers as Record<string, string>;
    request.on('data', (chunk: Buffer) => this.chunks.push(chunk));
  }
  get body(): Buffer {
    return Buffer.concat(this.chunks);
  }
  get json(): unknown {
    return JSON.parse(this.body.toString()) as unknown;
  }
}

function matches(route: string, { method, url }: ReceivedRequest): boolean {
  const [expectedMethod, path = ''] = route.split(' ');
  const pattern = path.replace(/[.+?^$()|[\]\\]/g, String.raw`\$&`).replaceAll('*', '[^/]+');
  return expectedMethod === method && new RegExp(`^${pattern}$`).test(url.pathname);
}

/** Returns Keystone's response to a login. The catalogue points at `origin`. */
export function tokenAnswer(origin: string, id = 'token-1', expires = '2099-01-01T00:00:00.000000Z'): Answer {
  const service = (type: string, path: string) => ({
    type,
    endpoints: [{ interface: 'public', region_id: 'R1', region: 'R1', url: `${origin}${path}` }],
  });
  const catalog = [service('compute', '/v2.1'), service('image', ''), service('network', '')];
  const token = { expires_at: expires, project: { id: 'project-1' }, user: { id: 'user-1' }, catalog };
  return { status: 201, headers: { 'x-subject-token': id }, body: { token } };
}

/** Starts the server. Every login succeeds; a route without a script gets status 404. With a certificate it speaks TLS. */
export async function startHttpCloud(
  address = '127.0.0.1',
  tls?: { readonly key: string; readonly cert: string },
): Promise<HttpCloud> {
  const scripts = new Map<string, { script: Script; uses: number }>();
  const received: RecordedRequest[] = [];
  const arrivals = new EventEmitter().setMaxListeners(0);
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    const recorded = new RecordedRequest(request);
    received.push(recorded);
    arrivals.emit('request');
    void answer(recorded, request, response);
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  async function answer(
    recorded: RecordedRequest,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const found = [...scripts].reverse().find(([route]) => matches(route, recorded))?.[1];
    const script = found?.script ?? { status: 404, body: { itemNotFound: { message: 'not scripted' } } };
    const list = Array.isArray(script) ? (script as readonly Answer[]) : undefined;
    const next = list?.[Math.min(found?.uses ?? 0, list.length - 1)] ?? script;
    if (found !== undefined) found.uses += 1;
    const isAtOnce = typeof next === 'string' || (typeof next === 'object' && 'isEarly' in next);
    if (!isAtOnce && !request.complete) await once(request, 'end').catch(() => undefined);
    const given = typeof next === 'function' ? await next(recorded) : (next as Answer);
    if (given === 'reset') request.socket.destroy();
    else if (given === 'stall') request.pause();
    else if (given !== 'hang') send(given, response);
  }
  server.listen(0, address);
  await once(server, 'listening');
  const origin = `${tls === undefined ? 'http' : 'https'}://${address}:${(server.address() as AddressInfo).port}`;
  scripts.set(TOKENS, { script: tokenAnswer(origin), uses: 0 });
  const list = (route?: string) =>
    received.filter((request) => route === undefined || matches(route, request));
  return {
    origin,
    on: (route, script) => void (scripts.delete(route), scripts.set(route, { script, uses: 0 })),
    requests: list,
    waitFor: async (route, nth = 1) => {
      while (list(route).length < nth) await once(arrivals, 'request');
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function send({ status = 200, headers = {}, body, isForeign }: HttpAnswer, response: ServerResponse): void {
  const id = isForeign === true ? {} : { 'x-openstack-request-id': 'req-1' };
  if (body instanceof Readable) {
    response.writeHead(status, { ...id, ...headers }).flushHeaders();
    return void body.on('error', () => response.destroy()).pipe(response);
  }
  const isRaw = body === undefined || typeof body === 'string' || Buffer.isBuffer(body);
  const type = isRaw ? {} : { 'content-type': 'application/json' };
  response.writeHead(status, { ...id, ...type, ...headers }).end(isRaw ? body : JSON.stringify(body));
}
