import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { systemClock } from '../../../src/system/clock.ts';
import { watchFiles } from '../../../src/system/files/watch-files.ts';

let folder = '';
let reported: string[] = [];
let stop = new AbortController();
let ended: Promise<void> = Promise.resolve();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'watch-'));
  await writeFile(join(folder, 'there'), 'one');
  [reported, stop] = [[], new AbortController()];
  const watch = await watchFiles({
    paths: [join(folder, 'there'), join(folder, 'missing')],
    intervalMs: 5,
    clock: systemClock,
    signal: stop.signal,
    onChange: (path) => reported.push(path),
  });
  ended = watch.ended;
});
afterEach(async () => {
  stop.abort();
  await ended;
  await rm(folder, { recursive: true });
});

async function waitForReports(): Promise<readonly string[]> {
  while (reported.length === 0) await systemClock.sleep(2);
  return reported;
}

test('watchFiles reports a created file', async () => {
  await writeFile(join(folder, 'missing'), '');
  expect(await waitForReports()).toEqual([join(folder, 'missing')]);
});

test('watchFiles reports a file that is replaced by one of the same length', async () => {
  await writeFile(join(folder, 'draft'), 'two');
  await rename(join(folder, 'draft'), join(folder, 'there'));
  expect(await waitForReports()).toEqual([join(folder, 'there')]);
});

test('watchFiles reports a removed file', async () => {
  await rm(join(folder, 'there'));
  expect(await waitForReports()).toEqual([join(folder, 'there')]);
});

test('watchFiles stops when its signal is aborted and reports no later changes', async () => {
  stop.abort();
  await ended;
  await rm(join(folder, 'there'));
  expect(reported).toEqual([]);
});
