import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Entry, openPromise } from 'yauzl';
import { listModes, readDigest, runTool } from './run-tool.ts';

let folder = '';
let node = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'charm-pack-'));
  node = join(folder, 'node');
  writeFileSync(node, 'a Node');
  await runTool('lay-out-charm', ['--target', join(folder, 'charm'), '--node', node]);
  await runTool('pack-charm', ['--target', join(folder, 'a.charm'), '--node', node]);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function listEntries(path: string): Promise<readonly Entry[]> {
  const zip = await openPromise(path);
  const entries: Entry[] = [];
  for await (const entry of zip.eachEntry()) entries.push(entry);
  return entries;
}

describe('the packed charm', () => {
  test('the packed charm has the files and modes of the laid-out charm, with hooks as plain files', async () => {
    const entries = await listEntries(join(folder, 'a.charm'));
    const packed = entries.map((entry) => [entry.fileName, entry.externalFileAttributes >>> 16]);
    const laidOut = [...listModes(join(folder, 'charm'))].map(([path, mode]) => [path, 0o100000 | mode]);
    expect(packed.sort()).toEqual(laidOut.sort());
  });

  test('packing the charm is reproducible byte for byte, independent of time and time zone', async () => {
    const again = join(folder, 'b.charm');
    await runTool('pack-charm', ['--target', again, '--node', node], { ...process.env, TZ: 'Asia/Tokyo' });
    expect(readFileSync(again).equals(readFileSync(join(folder, 'a.charm')))).toBe(true);
  });

  test('a charm packed without Node has no bin/node and another digest', async () => {
    const target = join(folder, 'c.charm');
    await runTool('pack-charm', ['--target', target, '--without-node']);
    const entries = await listEntries(target);
    expect(entries.map(({ fileName }) => fileName)).not.toContain('bin/node');
    const zip = await openPromise(target);
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName !== 'program-digest') continue;
      const chunks = await (await zip.openReadStreamPromise(entry)).toArray();
      const digest = Buffer.concat(chunks as Buffer[])
        .toString()
        .trim();
      expect(digest).toMatch(/^[0-9a-f]{64}$/);
      expect(digest).not.toBe(readDigest(join(folder, 'charm')));
    }
    expect.assertions(3);
  });
});
