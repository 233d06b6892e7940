import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer, request } from 'node:http';
import { type AddressInfo, type Socket, connect } from 'node:net';
import type { Duplex } from 'node:stream';

/** A request as the proxy received it. */
interface ProxiedRequest {
  readonly method: string;
  /** The absolute URL, or host and port of a tunnel. */
  readonly target: string;
  readonly headers: IncomingMessage['headers'];
}

/** A proxy for which every host name is an address of loopback. */
export interface HttpProxy {
  /** The address and the port. */
  readonly host: string;
  readonly requests: readonly ProxiedRequest[];
  close(): Promise<void>;
}

/** The options of a proxy. */
interface ProxyOptions {
  /** The address to listen on. Default: loopback. */
  readonly address?: string;
  readonly login?: string;
  readonly tlsPorts?: readonly string[];
}

/**
 * Starts a proxy that behaves as Squid does by default: it answers 400 to a request without an absolute URL, opens tunnels
 * only to ports for TLS, and asks for the login, if one is given, with 407.
 */
export async function startHttpProxy(options: ProxyOptions = {}): Promise<HttpProxy> {
  const { address = '127.0.0.1' } = options;
  const requests: ProxiedRequest[] = [];
  const sockets = new Set<Duplex>();
  const admit = ({ method = '', url = '', headers }: IncomingMessage): boolean => {
    requests.push({ method, target: url, headers });
    if (options.login === undefined) return true;
    return headers['proxy-authorization'] === `Basic ${Buffer.from(options.login).toString('base64')}`;
  };
  const server = createServer((received, response) => {
    if (!admit(received)) response.writeHead(407, { 'proxy-authenticate': 'Basic realm="p"' }).end('<html>');
    else if (!URL.canParse(received.url ?? '')) response.writeHead(400).end('<html>');
    else forward(received, response);
  });
  server.on('connect', (received, socket) => {
    sockets.add(socket.on('error', () => undefined));
    const [, port = ''] = /:(\d+)$/.exec(received.url ?? '') ?? [];
    if (!admit(received))
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n');
    else if (options.tlsPorts?.includes(port) !== true) socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    else sockets.add(openTunnel(socket, Number(port)));
  });
  server.listen(0, address);
  await once(server, 'listening');
  return {
    host: `${address}:${(server.address() as AddressInfo).port}`,
    requests,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function forward(received: IncomingMessage, response: ServerResponse): void {
  const { port, pathname, search, host } = new URL(received.url ?? '');
  const headers = { ...received.headers, host };
  delete headers['proxy-authorization'];
  const options = {
    host: '127.0.0.1',
    port,
    path: `${pathname}${search}`,
    method: received.method,
    agent: false,
  };
  const sent = request({ ...options, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  sent.on('error', () => response.writeHead(503).end('<html>'));
  received.pipe(sent);
}

function openTunnel(client: Duplex, port: number): Socket {
  const server = connect(port, '127.0.0.1');
  server.on('connect', () => {
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    client.pipe(server).pipe(client);
  });
  server.on('error', () => client.end('HTTP/1.1 503 Service Unavailable\r\n\r\n'));
  client.on('close', () => server.destroy());
  return server;
}
