import { once } from 'node:events';
import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
  createServer,
  request as send,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { findRoute } from '../support/openstack/server/find-route.ts';
import type { Route } from '../support/openstack/server/route.ts';
import type { Exchange } from './contract.ts';

/** A proxy in front of a real cloud that records the responses. */
export interface RecordingProxy {
  readonly origin: string;
  close(): Promise<void>;
}

/** The cloud behind a recording proxy. */
export interface RecordedCloud {
  /** The services' origins by the first part of the path: `image` → `http://glance:9292`. */
  readonly services: Readonly<Record<string, string>>;
  /** The routes of the emulator for the same cloud. The record uses their names. */
  readonly routes: readonly Route[];
  readonly onExchange: (exchange: Exchange) => void;
}

/** Starts a proxy that forwards `/image/v2/…` to the image service, and likewise for the other services. */
export async function startRecordingProxy(cloud: RecordedCloud): Promise<RecordingProxy> {
  const server = createServer((request, response) => {
    forward(cloud, request, response);
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function forward(cloud: RecordedCloud, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '', 'http://proxy');
  const [, service = ''] = url.pathname.split('/');
  const target = `${cloud.services[service] ?? ''}${url.pathname.slice(service.length + 1)}${url.search}`;
  const { method = '' } = request;
  const forwarded = send(target, { method, headers: withoutConnection(request.headers), agent: false });
  const disconnect = (): void => void request.socket.destroy();
  forwarded.on('error', disconnect);
  request.on('error', () => forwarded.destroy()).pipe(forwarded);
  forwarded.on('response', (answer) => {
    const chunks: Buffer[] = [];
    response.writeHead(answer.statusCode ?? 0, withoutConnection(answer.headers));
    answer.on('data', (chunk: Buffer) => chunks.push(chunk));
    answer.on('end', () => {
      const route = findRoute(cloud.routes, method, url.pathname)?.route.route ?? `${method} ${url.pathname}`;
      cloud.onExchange({ route, status: answer.statusCode ?? 0, body: parseBody(answer, chunks) });
    });
    answer.on('error', disconnect).pipe(response);
  });
}

/** Removes the headers that each side of the proxy sets for its own connection. */
function withoutConnection(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const kept = Object.entries(headers).filter(([name]) => name !== 'connection' && name !== 'host');
  return Object.fromEntries(kept);
}

function parseBody({ headers }: IncomingMessage, chunks: readonly Buffer[]): unknown {
  const type = headers['content-type'] ?? '';
  const text = Buffer.concat(chunks).toString();
  if (text === '' || type.startsWith('application/octet-stream')) return undefined;
  return type.startsWith('application/json') ? (JSON.parse(text) as unknown) : text;
}
