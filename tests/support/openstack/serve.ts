import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../../src/model/message-of.ts';
import { findRoute } from './find-route.ts';
import { CutError } from './link.ts';
import { processAddress } from './loopback.ts';
import { readRequest } from './read-request.ts';
import { type ServiceName, renderRefusal, renderUnauthorized } from './refusals.ts';
import { type Answered, Refusal, type Route } from './route.ts';
import { sendAnswer } from './send-answer.ts';
import type { CloudState, Login } from './state.ts';
import type { Fault, Troubles } from './troubles.ts';

/** A request that was answered, or cut off. */
export interface Served {
  /** With `:id` and the like; as it was asked where no route fits. */
  readonly route: string;
  /** The method and the path of the request. */
  readonly request: string;
  /** 0 when there was no answer. */
  readonly status: number;
  readonly body: unknown;
  /** Was it a trouble's answer instead of the service's own? */
  readonly isTrouble: boolean;
}

/** What a cloud's server needs. */
export interface ServedCloud {
  readonly state: CloudState;
  readonly routes: readonly Route[];
  readonly troubles: Troubles;
  /** How fast image data goes, in bytes per real second. */
  readonly linkBytesPerSecond: number | undefined;
  readonly onServed: (served: Served) => void;
}

/** The address of a cloud, which may go away and come back. */
export interface CloudServer {
  readonly origin: string;
  /** From now on connections are refused. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

const HOST = processAddress();

/** Serves a cloud at a free port of this process's own address, so that nobody takes the port while it is away. */
export async function serveCloud(cloud: ServedCloud): Promise<CloudServer> {
  const server = createServer((request, response) => void handle(cloud, request, response));
  server.keepAliveTimeout = 60_000; // longer than its clients', so that none meets a closing connection
  const listen = async (port: number): Promise<void> => {
    server.listen(port, HOST);
    await once(server, 'listening');
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://${HOST}:${port}`,
    start: () => listen(port),
    stop: async () => {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

const NOBODY: Login = { userId: '', userName: '', projectId: '', projectName: '' };

async function handle(cloud: ServedCloud, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { socket } = request; // once it is destroyed, the request has none
  const method = request.method ?? '';
  const { pathname } = new URL(request.url ?? '', 'http://cloud');
  const found = findRoute(cloud.routes, method, pathname);
  const route = found?.route.route ?? `${method} ${pathname}`;
  const body = isData(route) ? '' : await readText(request).catch(() => undefined);
  if (body === undefined) return; // the client went away
  const faults = cloud.troubles.take(route, `${method} ${pathname}`, body);
  const tell = (status: number, body: unknown, isTrouble: boolean): void =>
    cloud.onServed({ route, request: `${method} ${pathname}`, status, body, isTrouble });
  for (const fault of faults) if (hasKey(fault, 'slow')) await sleep(fault.slow);
  if (faults.includes('reset')) socket.destroy();
  if (faults.includes('reset') || faults.includes('hang')) return tell(0, undefined, true);
  const instead = faults.find((fault) => hasKey(fault, 'status'));
  const told =
    instead === undefined ? await answer(cloud, request, { found, body }, faults) : insteadOf(instead);
  if (told === undefined || faults.includes('lost answer')) {
    socket.destroy();
    return tell(told?.status ?? 0, told?.body, true);
  }
  const given = spoil(told, faults);
  tell(given.status, given.body, given !== told || instead !== undefined);
  const cutAfter = faults.find((fault) => hasKey(fault, 'cutDownload'))?.cutDownload;
  await sendAnswer(response, given, { ...paceOf(cloud, route, faults), cutAfter }).catch(() =>
    socket.destroy(),
  );
}

function hasKey<K extends string>(fault: Fault, key: K): fault is Extract<Fault, Record<K, unknown>> {
  return typeof fault === 'object' && key in fault;
}

const insteadOf = (fault: Extract<Fault, { status: number }>): Answered => ({
  status: fault.status,
  body: fault.body,
  headers: fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) },
});

/** Does what is asked; `undefined` when the client went away, or was cut off, before all of it was heard. */
async function answer(
  cloud: ServedCloud,
  request: IncomingMessage,
  { found, body: text }: { readonly found: ReturnType<typeof findRoute>; readonly body: string },
  faults: readonly Fault[],
): Promise<Answered | undefined> {
  const service = serviceOf(request);
  const refused = { service, accept: request.headers.accept ?? '' };
  const login = service === 'identity' ? NOBODY : findLogin(cloud.state, request);
  if (login === undefined) return renderUnauthorized(refused);
  const cutAfter = faults.find((fault) => hasKey(fault, 'cutUpload'))?.cutUpload;
  try {
    if (found === undefined) throw new Refusal(404, 'The resource could not be found.');
    const { route, params } = found;
    const link = { ...paceOf(cloud, route.route, faults), cutAfter };
    return await route.answer(readRequest(request, { params, login, service, text }, link), cloud.state);
  } catch (error) {
    if (error instanceof Refusal) return renderRefusal(error, refused);
    if (error instanceof CutError || request.destroyed) return undefined;
    return renderRefusal(new Refusal(500, messageOf(error)), refused);
  }
}

function serviceOf(request: IncomingMessage): ServiceName {
  const [, first] = (request.url ?? '').split('/');
  const services: readonly ServiceName[] = ['identity', 'image', 'compute', 'network'];
  return services.find((service) => service === first) ?? 'identity';
}

function findLogin({ tokens, pace }: CloudState, request: IncomingMessage): Login | undefined {
  const token = tokens.get(String(request.headers['x-auth-token']));
  return token === undefined || token.expiresAt <= pace.now() ? undefined : token.login;
}

const isData = (route: string): boolean => route.endsWith('/file');

/** Only image data are slow by default. */
function paceOf(
  cloud: ServedCloud,
  route: string,
  faults: readonly Fault[],
): { readonly bytesPerSecond: number | undefined } {
  const slow = faults.find((fault) => hasKey(fault, 'bytesPerSecond'))?.bytesPerSecond;
  return { bytesPerSecond: slow ?? (isData(route) ? cloud.linkBytesPerSecond : undefined) };
}

function spoil(told: Answered, faults: readonly Fault[]): Answered {
  if (faults.includes('empty body')) return { ...told, body: undefined };
  const wrong = faults.find((fault) => hasKey(fault, 'wrongBody'));
  return wrong === undefined ? told : { ...told, body: wrong.wrongBody };
}
