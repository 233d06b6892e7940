import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Entry, openPromise } from 'yauzl';
import { parseYaml } from '../../src/system/yaml.ts';
import { readPackedCharm } from '../support/juju/charm/charm-unzip.ts';
import { MACHINE, MACHINES, ROOT, elfOf, listModes, readDigest, runTool } from './run-tool.ts';

let folder = '';
let node = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'charm-pack-'));
  node = join(folder, 'node');
  writeFileSync(node, elfOf(MACHINE, 'a Node'));
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

  test.each(['amd64', 'arm64'] as const)(
    'A charm with a Node of %s names that architecture and all bases, and the tool prints both',
    async (architecture) => {
      const [other, target] = [join(folder, `node-${architecture}`), join(folder, `${architecture}.charm`)];
      writeFileSync(other, elfOf(MACHINES[architecture], 'a Node'));
      const printed = await runTool('pack-charm', ['--node', other, '--target', target]);
      expect(printed).toMatch(
        new RegExp(`^\\S+\\.charm: ${architecture}, ubuntu@22.04, ubuntu@24.04, with Node, [\\d.]+ MB\\n$`),
      );
      expect(await readManifest(target)).toEqual({
        bases: ['22.04', '24.04'].map((channel) => ({
          name: 'ubuntu',
          channel,
          architectures: [architecture],
        })),
      });
      expect((await readPackedCharm(target)).bases).toEqual(['ubuntu@22.04', 'ubuntu@24.04']);
    },
  );

  test.each([
    ['a script', Buffer.from('#!/bin/sh\nexec node "$@"\n')],
    ['a program for riscv64', elfOf(MACHINES.riscv64, 'a Node')],
    ['an empty file', Buffer.alloc(0)],
  ])('A Node that is %s is refused', async (_, content) => {
    const other = join(folder, 'node-refused');
    writeFileSync(other, content);
    const packing = runTool('pack-charm', ['--node', other, '--target', join(folder, 'refused.charm')]);
    await expect(packing).rejects.toThrow('expected a 64-bit ELF program of amd64 or arm64');
  });

  test('charmcraft packs the same Node for the same bases and architectures', () => {
    const text = readFileSync(join(ROOT, 'charmcraft.yaml'), 'utf8');
    const { platforms, base } = parseYaml(text) as { platforms: object; base?: string };
    const node = JSON.parse(readFileSync(join(ROOT, 'tools/node-packages.json'), 'utf8')) as {
      version: string;
      packages: Record<string, { name: string; sha512: string }>;
    };
    const entries = ['22.04', '24.04'].flatMap((channel) =>
      Object.keys(node.packages).map((architecture) => `ubuntu@${channel}:${architecture}`),
    );
    expect([Object.keys(platforms).sort(), base]).toEqual([entries.sort(), undefined]);
    for (const { name, sha512 } of Object.values(node.packages)) {
      expect(text).toContain(`package=${name}@${node.version}\n          sha512=${sha512}\n`);
    }
  });
});

async function readManifest(path: string): Promise<unknown> {
  const zip = await openPromise(path);
  for await (const entry of zip.eachEntry()) {
    if (entry.fileName !== 'manifest.yaml') continue;
    return parseYaml(
      Buffer.concat((await (await zip.openReadStreamPromise(entry)).toArray()) as Buffer[]).toString(),
    );
  }
  throw new Error(`${path}: no manifest.yaml`);
}
