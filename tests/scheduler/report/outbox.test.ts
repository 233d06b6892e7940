import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { findSilence, parseBuilt } from '../../../src/model/unit/built.ts';
import { unitPaths } from '../../../src/model/unit/unit-paths.ts';
import { Outbox } from '../../../src/scheduler/report/outbox.ts';
import { createLogger } from '../../../src/system/log/logger.ts';
import { systemClock } from '../../../src/system/clock.ts';

const MINUTE = 60_000;
const NOW = Date.parse('2026-11-21T08:00:00.000Z');
let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'outbox-'));
});
afterEach(() => rm(root, { recursive: true }));

async function openOutbox() {
  const paths = unitPaths(root, 'app/0');
  await mkdir(paths.state, { recursive: true });
  const logger = createLogger({
    ...{ level: 'debug', format: 'json', clock: systemClock },
    write: () => undefined,
  });
  const read = async () => parseBuilt(await readFile(paths.built, 'utf8'));
  return { outbox: await Outbox.open(paths, logger), read };
}

test('A heartbeat is written at most once a minute, and is no new generation', async () => {
  const { outbox, read } = await openOutbox();
  await outbox.writeIdleReason('waiting');
  const { generation } = await read();
  for (const passed of [0, MINUTE - 1, 2 * MINUTE]) await outbox.beat(NOW + passed);
  expect(await read()).toMatchObject({ generation, heartbeatAt: '2026-11-21T08:02:00.000Z' });
  await outbox.beat(NOW + 3 * MINUTE - 1);
  expect((await read()).heartbeatAt).toBe('2026-11-21T08:02:00.000Z');
  await outbox.beat(NOW); // the clock was set back
  expect((await read()).heartbeatAt).toBe('2026-11-21T08:00:00.000Z');
});

test('There is no heartbeat before the first report', async () => {
  const { outbox, read } = await openOutbox();
  await outbox.beat(NOW);
  await expect(read()).rejects.toThrow('ENOENT');
});

test.each([
  [undefined, undefined],
  ['2026-11-21T07:40:01.000Z', undefined],
  ['2026-11-21T07:40:00.000Z', 20],
  ['2026-11-21T09:00:00.000Z', undefined],
])('At 08:00 a daemon whose last heartbeat is %s has been silent for %s minutes', (heartbeatAt, minutes) => {
  expect(findSilence({ heartbeatAt }, NOW)).toBe(minutes);
});
