import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  type ServerLimits,
  type TextPage,
  type TextServer,
  serveText,
  serveTextOnSocket,
} from '../../../src/system/http/text-server.ts';
import { fetchText } from '../../support/fetch-text.ts';

const PAGE: TextPage = { path: '/', type: 'text/plain', render: () => 'text' };

let folder = '';
let servers: TextServer[] = [];
let clients: Socket[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'text-server-'));
});
afterEach(async () => {
  for (const client of clients) client.destroy();
  for (const server of servers) await server.close();
  [servers, clients] = [[], []];
  await rm(folder, { recursive: true });
});

async function serve(page: Partial<TextPage> = {}, limits?: ServerLimits): Promise<number> {
  const server = await serveText({ ...PAGE, ...page }, 0, limits);
  if (server === undefined) throw new Error('expected a free port');
  servers.push(server);
  return server.port;
}

async function serveSocket(page: Partial<TextPage> = {}, limits?: ServerLimits): Promise<string> {
  const path = join(folder, 'page.sock');
  servers.push(await serveTextOnSocket({ ...PAGE, ...page }, path, limits));
  return path;
}

const get = (socketPath: string, path = '/', method = 'GET') =>
  fetchText(`http://localhost${path}`, method, { socketPath });

/** Connects and sends nothing. */
async function connectSlowly(path: string): Promise<Socket> {
  const client = createConnection({ path });
  client.on('error', () => undefined); // a refused connection is reset
  clients.push(client);
  await once(client, 'connect');
  return client;
}

function untilClosed(client: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (client.destroyed) resolve();
    client.once('close', resolve);
  });
}

describe('a page on a unix socket', () => {
  test('Only the user of the server can connect, and nothing else is left in the folder', async () => {
    const path = await serveSocket();
    expect((await stat(path)).mode & 0o7777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['page.sock']);
    expect(await get(path)).toMatchObject({ status: 200, text: 'text' });
  });

  test.each([
    ['GET', '/', 200],
    ['GET', '/?x=1', 200],
    ['HEAD', '/', 200],
    ['POST', '/', 405],
    ['DELETE', '/', 405],
    ['OPTIONS', '/', 405],
    ['GET', '/page', 404],
    ['GET', '//', 404],
    ['GET', '/../etc/passwd', 404],
    ['POST', '/page', 404],
  ])('%s %s is answered with %i', async (method, path, status) => {
    const answer = await get(await serveSocket(), path, method);
    expect(answer.status).toBe(status);
    expect(answer.text).toBe(status === 200 && method === 'GET' ? 'text' : '');
    expect(answer.headers.allow).toBe(status === 405 ? 'GET, HEAD' : undefined);
  });

  test('The socket of a server that was killed, and any other file of its name, is replaced', async () => {
    await writeFile(join(folder, 'page.sock'), 'stale');
    await writeFile(join(folder, 'page.sock.new'), 'stale');
    expect((await get(await serveSocket())).text).toBe('text');
  });

  test('A server that is closed removes its socket', async () => {
    await serveSocket();
    await servers[0]?.close();
    expect(await readdir(folder)).toEqual([]);
  });

  test('A page that cannot be rendered is answered with 500 and without the reason', async () => {
    const path = await serveSocket({ render: () => Promise.reject(new Error('secret')) });
    expect(await get(path)).toMatchObject({ status: 500, text: '' });
  });
});

describe('the limits of a server', () => {
  test('Clients that send nothing occupy a bounded number of connections, and only until the deadline', async () => {
    const path = await serveSocket({}, { maxConnections: 4, connectionMs: 400 });
    const slow = await Promise.all(Array.from({ length: 12 }, () => connectSlowly(path)));
    await Promise.all(slow.map(untilClosed));
    expect((await get(path)).text).toBe('text');
  });

  test('A connection over the limit is closed at once, and those within the limit are served', async () => {
    const path = await serveSocket({}, { maxConnections: 2, connectionMs: 60_000 });
    const [first] = [await connectSlowly(path), await connectSlowly(path)];
    const surplus = await connectSlowly(path);
    await untilClosed(surplus);
    first.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    const [answer] = (await once(first, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 200 OK/);
  });

  test('A client that never reads its answer loses the connection at the deadline', async () => {
    const limits = { maxConnections: 1, connectionMs: 1000 };
    const path = await serveSocket({ render: () => 'x'.repeat(4e6) }, limits);
    const client = await connectSlowly(path);
    client.pause();
    client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(client, 'readable');
    const isServed = async (): Promise<boolean> => (await get(path).catch(() => undefined))?.status === 200;
    while (!(await isServed())); // only one connection is allowed
  });
});

describe('a page on the loopback', () => {
  const hosts = ['localhost', '127.0.0.1'];

  test.each(['localhost', '127.0.0.1', 'localhost:8080', '127.0.0.1:19'])(
    'A request that addresses %s is served',
    async (host) => {
      const port = await serve({ hosts });
      const answer = await fetchText(`http://127.0.0.1:${port}/`, 'GET', { headers: { host } });
      expect(answer.status).toBe(200);
    },
  );

  test.each(['evil.example', 'localhost.evil.example:80', 'evil.example:8080'])(
    'A request of a web site that resolves to the loopback as "%s" is refused',
    async (host) => {
      const port = await serve({ hosts });
      const answer = await fetchText(`http://127.0.0.1:${port}/`, 'GET', { headers: { host } });
      expect(answer).toMatchObject({ status: 421, text: '' });
    },
  );
});
