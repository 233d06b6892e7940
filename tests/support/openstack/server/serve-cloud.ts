import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../../../src/model/text/message-of.ts';
import { findRoute } from './find-route.ts';
import { type Link, LinkCutError, openLink } from './link.ts';
import { processAddress } from './loopback.ts';
import { readRequest } from './read-request.ts';
import { type ServiceName, renderRefusal, renderUnauthorized } from './render-refusal.ts';
import { type RouteResponse, Refusal, type Route } from './route.ts';
import { sendResponse } from './send-response.ts';
import { findDownload, findFault, findUpload, isData, isUpload } from './transfers.ts';
import type { CloudState, Login } from '../cloud-state.ts';
import type { Fault, FaultInjector } from './fault-injector.ts';

/** A request that was answered or cut off. */
export interface ServedRequest {
  /** The route with its parameters, for example `:id`; method and path if no route matches. */
  readonly route: string;
  /** The method and the path of the request. */
  readonly request: string;
  /** The status of the response; 0 when the service produced none. */
  readonly status: number;
  readonly body: unknown;
  /** True when a fault replaced or suppressed the response of the service. */
  readonly isFault: boolean;
}

/** The settings of a cloud's server. */
export interface CloudServerOptions {
  readonly state: CloudState;
  readonly routes: readonly Route[];
  readonly faults: FaultInjector;
  /** The rate of image data, in bytes per real second. */
  readonly linkBytesPerSecond: number | undefined;
  readonly onServed: (served: ServedRequest) => void;
}

/** The HTTP server of a cloud, which can be stopped and started again. */
export interface CloudServer {
  readonly origin: string;
  /** Returns the number of bytes of image data that were sent so far. */
  sentBytes(): number;
  /** Closes all connections and refuses new ones. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

const HOST = processAddress();

/** A cloud with the link of its image data. */
interface ServerContext extends Omit<CloudServerOptions, 'linkBytesPerSecond'> {
  readonly link: Link | undefined;
  readonly onSent: (bytes: number) => void;
}

/**
 * Serves a cloud at a free port of this process's own loopback address, so that no other process takes the port while
 * the cloud is stopped.
 */
export async function serveCloud(cloud: CloudServerOptions): Promise<CloudServer> {
  let sent = 0;
  const rate = cloud.linkBytesPerSecond;
  const context: ServerContext = {
    ...cloud,
    link: rate === undefined ? undefined : openLink(rate),
    onSent: (bytes) => (sent += bytes),
  };
  const server = createServer((request, response) => void serveRequest(context, request, response));
  server.keepAliveTimeout = 60_000; // longer than that of the clients, so that they never reuse a closing connection
  const listen = async (port: number): Promise<void> => {
    server.listen(port, HOST);
    await once(server, 'listening');
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://${HOST}:${port}`,
    sentBytes: () => sent,
    start: () => listen(port),
    stop: async () => {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

const ANONYMOUS: Login = { userId: '', userName: '', projectId: '', projectName: '' };

async function serveRequest(
  cloud: ServerContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { socket } = request; // a destroyed request has no socket
  const method = request.method ?? '';
  const { pathname } = new URL(request.url ?? '', 'http://cloud');
  const found = findRoute(cloud.routes, method, pathname);
  const route = found?.route.route ?? `${method} ${pathname}`;
  const body = isData(route) ? '' : await readText(request).catch(() => undefined);
  if (body === undefined) return; // the client disconnected
  const faults = cloud.faults.take(route, `${method} ${pathname}`, body);
  const report = (status: number, body: unknown, isTrouble: boolean): void =>
    cloud.onServed({ route, request: `${method} ${pathname}`, status, body, isFault: isTrouble });
  const slow = findFault(faults, 'slow')?.slow;
  if (slow !== undefined) await sleep(slow);
  if (!isUpload(route)) await findFault(faults, 'heldUntil')?.heldUntil;
  if (faults.includes('reset')) socket.destroy();
  if (faults.includes('reset') || faults.includes('hang')) return report(0, undefined, true);
  if (faults.includes('endless body')) {
    report(200, undefined, true);
    return sendWithoutEnd(response);
  }
  const statusFault = findFault(faults, 'status');
  const execute = (): ReturnType<typeof answer> => answer(cloud, request, { found, body }, faults);
  if (statusFault?.isExecuted === true) await Promise.race([execute(), once(request, 'end')]);
  const answered = statusFault === undefined ? await execute() : responseOf(statusFault);
  if (answered === undefined || faults.includes('lost answer')) {
    socket.destroy();
    return report(answered?.status ?? 0, answered?.body, true);
  }
  const sent = replaceBody(answered, faults);
  report(sent.status, sent.body, sent !== answered || statusFault !== undefined);
  const onPassed = isData(route) ? cloud.onSent : undefined;
  const download = { ...findDownload(route, faults, cloud.link), onPassed };
  await sendResponse(response, sent, download).catch(() => socket.destroy());
}

const BLOCK = Buffer.alloc(64 * 1024, ' ');

/** Sends blanks, which JSON allows everywhere, as fast as the client reads them, until it disconnects. */
function sendWithoutEnd(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  const send = (): void => {
    while (!response.destroyed && response.write(BLOCK));
  };
  response.on('drain', send);
  send();
}

const responseOf = (fault: Extract<Fault, { status: number }>): RouteResponse => ({
  status: fault.status,
  body: fault.body,
  headers: fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) },
});

/** Executes a request. Returns undefined when the client disconnects, or is cut off, before the request is complete. */
async function answer(
  cloud: ServerContext,
  request: IncomingMessage,
  { found, body: text }: { readonly found: ReturnType<typeof findRoute>; readonly body: string },
  faults: readonly Fault[],
): Promise<RouteResponse | undefined> {
  const service = serviceOf(request);
  const format = { service, accept: request.headers.accept ?? '' };
  const login = service === 'identity' ? ANONYMOUS : findLogin(cloud.state, request);
  if (login === undefined) return renderUnauthorized(format);
  try {
    if (found === undefined) throw new Refusal(404, 'The resource could not be found.');
    const { route, params } = found;
    const upload = findUpload(request, route.route, faults, cloud.link);
    return await route.answer(readRequest(request, { params, login, service, text }, upload), cloud.state);
  } catch (error) {
    if (error instanceof Refusal) return renderRefusal(error, format);
    if (error instanceof LinkCutError || request.destroyed) return undefined;
    return renderRefusal(new Refusal(500, messageOf(error)), format);
  }
}

function serviceOf(request: IncomingMessage): ServiceName {
  const [, first] = (request.url ?? '').split('/');
  const services: readonly ServiceName[] = ['identity', 'image', 'compute', 'network', 'volume'];
  return services.find((service) => service === first) ?? 'identity';
}

function findLogin({ tokens, keystone, clock }: CloudState, request: IncomingMessage): Login | undefined {
  const id = String(request.headers['x-auth-token']);
  const token = tokens.get(id) ?? keystone?.tokens.get(id);
  return token === undefined || token.expiresAt <= clock.now() ? undefined : token.login;
}

/** Replaces the body if a fault says so; otherwise returns `answered` itself. */
function replaceBody(answered: RouteResponse, faults: readonly Fault[]): RouteResponse {
  if (faults.includes('empty body')) return { ...answered, body: undefined };
  const wrong = findFault(faults, 'wrongBody');
  return wrong === undefined ? answered : { ...answered, body: wrong.wrongBody };
}
