import { once } from 'node:events';
import { chmod, rename, rm } from 'node:fs/promises';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';

/** A page that is rendered for each request. */
export interface TextPage {
  readonly path: string;
  readonly type: string;
  /** Further headers of the page. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * The host names by which a request may address the page; undefined: any. Another name is that of a web site which
   * resolves to the loopback, in order to read the page in the browser of somebody who visits the site.
   */
  readonly hosts?: readonly string[];
  readonly render: () => string | Promise<string>;
}

/** A server of one page. */
export interface TextServer {
  /** The port on the loopback; 0 for a socket. */
  readonly port: number;
  close(): Promise<void>;
}

/** The limits of a server, so that slow or many clients take a bounded part of the process. */
export interface ServerLimits {
  readonly maxConnections: number;
  /** The longest time from the start of a connection to its end. */
  readonly connectionMs: number;
}

const ADDRESS = '127.0.0.1';
const LIMITS: ServerLimits = { maxConnections: 16, connectionMs: 15_000 };

/** Serves a page on 127.0.0.1. Port 0 means any free port. Returns undefined when the port cannot be taken. */
export async function serveText(
  page: TextPage,
  port: number,
  limits = LIMITS,
): Promise<TextServer | undefined> {
  const server = createPageServer(page, limits);
  try {
    server.listen({ host: ADDRESS, port });
    await once(server, 'listening');
  } catch {
    return undefined;
  }
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () => close(server),
  };
}

/**
 * Serves a page on a unix socket that only this user may connect to, and replaces the socket of a server that was killed.
 * The socket gets its name after its mode. `path` must be in a folder of this user.
 */
export async function serveTextOnSocket(page: TextPage, path: string, limits = LIMITS): Promise<TextServer> {
  const server = createPageServer(page, limits);
  const draft = `${path}.new`;
  await rm(draft, { force: true });
  server.listen({ path: draft });
  await once(server, 'listening');
  try {
    await chmod(draft, 0o600);
    await rename(draft, path);
  } catch (error) {
    await close(server);
    throw error;
  }
  return {
    port: 0,
    close: async () => {
      await rm(path, { force: true });
      await close(server);
    },
  };
}

function createPageServer(page: TextPage, { maxConnections, connectionMs }: ServerLimits): Server {
  const server = createServer((request, response) => {
    request.resume();
    void answer(page, request, response);
  });
  server.maxConnections = maxConnections;
  server.on('connection', (socket) => {
    const deadline = setTimeout(() => socket.destroy(), connectionMs).unref();
    socket.once('close', () => {
      clearTimeout(deadline);
    });
  });
  server.on('error', () => undefined); // of a single connection; `listen` reports its own
  server.unref(); // an idle server must not keep the process alive
  return server;
}

/** Answers one request. The connection ends with it, so that its deadline is that of the answer. */
async function answer(page: TextPage, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { path, type, headers = {}, render } = page;
  const refuse = (status: number, more: Readonly<Record<string, string>> = {}): void => {
    response.writeHead(status, { 'Content-Type': 'text/plain', Connection: 'close', ...more }).end();
  };
  if (!isAddressed(page, request)) refuse(421);
  else if (request.url?.split('?', 1)[0] !== path) refuse(404);
  else if (request.method !== 'GET' && request.method !== 'HEAD') refuse(405, { Allow: 'GET, HEAD' });
  else {
    try {
      const text = await render();
      response.writeHead(200, { 'Content-Type': type, Connection: 'close', ...headers }).end(text);
    } catch {
      refuse(500); // the renderer logs its failures
    }
  }
}

function isAddressed({ hosts }: TextPage, { headers }: IncomingMessage): boolean {
  const name = (headers.host ?? '').replace(/:\d{1,5}$/, '');
  return hosts === undefined || hosts.includes(name);
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
