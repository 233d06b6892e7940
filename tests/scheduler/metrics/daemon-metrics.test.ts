import { createServer } from 'node:net';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { fetchText } from '../../support/fetch-text.ts';
import { until, useDaemons } from '../support/daemon-fixture.ts';

const at = useDaemons();
const NOBLE = 'app-noble-x64';

/** Starts a server of another program on a free port. */
async function occupyPort() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('expected a port');
  return { port: address.port, close: () => server.close() };
}

test('A daemon serves metrics on a free port, reports the port, and dispatches the charm when it changes', async () => {
  const other = await occupyPort();
  await at.host.putDesired({ metricsPort: other.port });
  const daemon = at.start();
  await daemon.untilDone(`build ${NOBLE}`);
  await daemon.reconcileTwice();
  const port = (await at.host.built())?.metricsPort ?? 0;
  expect(port).toBeGreaterThan(0);
  expect(port).not.toBe(other.port);
  const { text } = await fetchText(`http://127.0.0.1:${port}/metrics`);
  expect(text).toMatch(`image_builder_builds_total{image="${NOBLE}",outcome="done"} 1\n`);
  expect(text).toMatch('image_builder_copied_bytes_total{cloud="red"} 1048576\n');
  expect(text).toMatch(/image_builder_last_reconcile_timestamp_seconds \d{10}/);
  other.close();

  const before = await at.host.dispatches('built');
  await at.host.putDesired({ metricsPort: 0 });
  await daemon.advanceUntil(async () => (await at.host.built())?.metricsPort === undefined);
  await until(async () => (await at.host.dispatches('built')) > before);
  await expect(fetchText(`http://127.0.0.1:${port}/metrics`)).rejects.toThrow('ECONNREFUSED');
});

test('A daemon that stops frees its port', async () => {
  const other = await occupyPort();
  other.close();
  await at.host.putDesired({ metricsPort: other.port });
  const daemon = at.start();
  await until(async () => (await at.host.built())?.metricsPort === other.port);
  await daemon.stop();
  await expect(fetchText(`http://127.0.0.1:${other.port}/metrics`)).rejects.toThrow('ECONNREFUSED');
});
