import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { systemClock } from '../../src/system/clock.ts';
import { watchFiles } from '../../src/system/watch-files.ts';

let folder = '';
let seen: string[] = [];
let stop = new AbortController();
let ended: Promise<void> = Promise.resolve();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'watch-'));
  await writeFile(join(folder, 'there'), 'one');
  [seen, stop] = [[], new AbortController()];
  const watch = await watchFiles({
    paths: [join(folder, 'there'), join(folder, 'missing')],
    intervalMs: 5,
    clock: systemClock,
    signal: stop.signal,
    onChange: (path) => seen.push(path),
  });
  ended = watch.ended;
});
afterEach(async () => {
  stop.abort();
  await ended;
  await rm(folder, { recursive: true });
});

async function untilSeen(): Promise<readonly string[]> {
  while (seen.length === 0) await systemClock.sleep(2);
  return seen;
}

test('a file that is made is seen', async () => {
  await writeFile(join(folder, 'missing'), '');
  expect(await untilSeen()).toEqual([join(folder, 'missing')]);
});

test('a file that is replaced by a rename is seen, also by one of the same length', async () => {
  await writeFile(join(folder, 'draft'), 'two');
  await rename(join(folder, 'draft'), join(folder, 'there'));
  expect(await untilSeen()).toEqual([join(folder, 'there')]);
});

test('a file that is removed is seen', async () => {
  await rm(join(folder, 'there'));
  expect(await untilSeen()).toEqual([join(folder, 'there')]);
});

test('the watch ends with its signal, and nothing is seen any more', async () => {
  stop.abort();
  await ended;
  await rm(join(folder, 'there'));
  expect(seen).toEqual([]);
});
