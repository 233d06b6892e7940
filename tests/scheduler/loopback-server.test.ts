import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { LoopbackServer } from '../../src/scheduler/loopback-server.ts';
import { METRICS_TYPE } from '../../src/scheduler/metrics/encode-metrics.ts';
import { systemClock } from '../../src/system/clock.ts';
import { createLogger } from '../../src/system/log/logger.ts';
import { fetchText } from '../support/fetch-text.ts';

const silent = createLogger({ level: 'error', format: 'json', clock: systemClock, write: () => undefined });

let servers: LoopbackServer[] = [];

beforeEach(() => {
  servers = [];
});
afterEach(async () => {
  for (const server of servers) await server.close();
});

function open(render = (): string => 'metric 1\n'): LoopbackServer {
  const server = new LoopbackServer('metrics', { path: '/metrics', type: METRICS_TYPE, render }, silent);
  servers.push(server);
  return server;
}

/** Opens a server on a port that no test or system uses: one that was free a moment ago. */
async function openAnywhere(): Promise<{ server: LoopbackServer; port: number }> {
  const server = open();
  for (let wanted = 20_000 + Math.floor(Math.random() * 9000); ; wanted += 40) {
    await server.listen(wanted, undefined);
    if (server.port === wanted) return { server, port: wanted };
  }
}

const get = (port: number | undefined, path: string, method = 'GET') =>
  fetchText(`http://127.0.0.1:${port ?? 0}${path}`, method);

describe('a server on the loopback', () => {
  test('Metrics are rendered for each request', async () => {
    let scrapes = 0;
    const server = open(() => `scrapes ${(scrapes += 1)}\n`);
    const { port } = await openAnywhere();
    await server.listen(port, undefined);
    expect(await get(server.port, '/metrics')).toMatchObject({ status: 200, text: 'scrapes 1\n' });
    expect(await get(server.port, '/metrics?x=1')).toMatchObject({
      text: 'scrapes 2\n',
      type: 'text/plain; version=0.0.4; charset=utf-8',
    });
  });

  test.each([
    ['GET', '/', 404],
    ['GET', '/metrics/../etc/passwd', 404],
    ['POST', '/metrics', 405],
    ['HEAD', '/metrics', 200],
  ])('%s %s is answered with %i and without content', async (method, path, status) => {
    const { port } = await openAnywhere();
    expect(await get(port, path, method)).toMatchObject({ status, text: '' });
  });

  test('A second unit of the machine takes the next free port, and the same port again after a restart', async () => {
    const { server: first, port } = await openAnywhere();
    const second = open();
    await second.listen(port, undefined);
    expect(second.port).toBe(port + 1);
    await first.close();
    await second.close();
    const again = open();
    await again.listen(port, port + 1);
    expect(again.port).toBe(port + 1);
  });

  test('A port that is far from the option is not taken again', async () => {
    const { server, port } = await openAnywhere();
    await server.close();
    const again = open();
    await again.listen(port, port + 500);
    expect(again.port).toBe(port);
  });

  test('The server stays on its port until the option changes, and 0 ends it', async () => {
    const { server, port } = await openAnywhere();
    await server.listen(port, undefined);
    expect(server.port).toBe(port);
    await server.listen(port + 7, port);
    expect(server.port).toBe(port + 7);
    await server.listen(0, port + 7);
    expect(server.port).toBeUndefined();
    await expect(get(port + 7, '/metrics')).rejects.toThrow('ECONNREFUSED');
  });

  test('The metrics are not reachable from other machines', async () => {
    const { server } = await openAnywhere();
    await expect(fetchText(`http://127.0.0.2:${server.port ?? 0}/metrics`)).rejects.toThrow('ECONNREFUSED');
  });

  test('The highest port has no neighbours above it', async () => {
    const [one, other] = [open(), open()];
    await one.listen(65_535, undefined);
    await other.listen(65_535, undefined);
    expect(other.port).not.toBe(one.port);
    expect(other.port).toBeGreaterThan(0);
  });
});
