import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, open, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { execa } from 'execa';
import { findInImage, type Finding } from './image-search.ts';
import { askPython } from './lab.ts';

const MIB = 1 << 20;
const secret = (): string => randomBytes(18).toString('base64');
const planted = {
  plain: secret(),
  wrapped: secret(),
  hex: secret(),
  url: `a+b/c=${secret()}`,
  lines: `first ${secret()}\nsecond ${secret()}\n`,
  packed: secret(),
  cut: secret(),
  named: randomBytes(9).toString('hex'),
  linked: secret(),
  deleted: secret(),
};
const absent = { name: 'absent', value: secret() };

let folder: string;
let imageId = '';

async function plantFiles(root: string): Promise<void> {
  const wrapped = Buffer.from(`${'x'.repeat(46)}${planted.wrapped}${'y'.repeat(50)}`).toString('base64');
  const packed = gzipSync(Buffer.concat([randomBytes(5 * MIB), Buffer.from(planted.packed)]));
  const contents: Readonly<Record<string, string | Buffer>> = {
    plain: planted.plain,
    wrapped: wrapped.replace(/(.{76})/g, '$1\n'),
    hex: Buffer.from(planted.hex).toString('hex'),
    url: encodeURIComponent(planted.url),
    lines: JSON.stringify({ key: planted.lines }),
    packed,
    cut: gzipSync(Buffer.concat([Buffer.from(planted.cut), randomBytes(MIB)])).subarray(0, MIB / 2),
    [planted.named]: '',
  };
  await mkdir(root);
  for (const [name, content] of Object.entries(contents)) await writeFile(join(root, name), content);
  await symlink(planted.linked.replaceAll('/', '_'), join(root, 'linked'));
}

/** Writes a secret outside of any file, like the content of a deleted file, across the border of two search chunks. */
async function plantDeleted(rawFile: string): Promise<void> {
  const disk = await open(rawFile, 'r+');
  const start = 10_000 * MIB;
  await disk.write(randomBytes(8 * MIB), 0, 8 * MIB, start);
  await disk.write(Buffer.from(planted.deleted), 0, planted.deleted.length, start + 4 * MIB - 7);
  await disk.close();
}

async function makeImage(): Promise<string> {
  const [root, rawFile, qcow2] = ['root', 'disk.raw', 'disk.qcow2'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await plantFiles(root);
  await execa('mke2fs', ['-q', '-t', 'ext4', '-d', root, rawFile, '20G'], { timeout: 60_000 });
  await plantDeleted(rawFile);
  await execa('qemu-img', ['convert', '-O', 'qcow2', rawFile, qcow2], { timeout: 60_000 });
  const made = await askPython('image.py', ['upload', 'builder', 'e2e-planted', qcow2], 150);
  return (made as { id: string }).id;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'e2e-planted-'));
  imageId = await makeImage();
}, 120_000);

afterAll(async () => {
  if (imageId !== '') await askPython('image.py', ['delete', 'builder', imageId], 60);
  await rm(folder, { recursive: true });
}, 60_000);

test('The search finds a secret in every place and encoding and reports no absent secret', async () => {
  const linked = { name: 'linked', value: planted.linked.replaceAll('/', '_') };
  const secrets = [...Object.entries({ ...planted }).map(([name, value]) => ({ name, value })), absent];
  const findings = await findInImage(imageId, [...secrets.filter(({ name }) => name !== 'linked'), linked]);

  const expected: readonly Finding[] = [
    { secret: 'plain', encoding: 'plain', where: 'file /plain' },
    { secret: 'wrapped', encoding: 'base64', where: 'file /wrapped' },
    { secret: 'hex', encoding: 'hex', where: 'file /hex' },
    { secret: 'url', encoding: 'url', where: 'file /url' },
    { secret: 'lines', encoding: 'json', where: 'file /lines' },
    { secret: 'packed', encoding: 'plain', where: 'gzip /packed' },
    { secret: 'cut', encoding: 'plain', where: 'gzip /cut' },
    { secret: 'named', encoding: 'plain', where: `name /${planted.named}` },
    { secret: 'linked', encoding: 'plain', where: 'link /linked' },
    { secret: 'deleted', encoding: 'plain', where: `disk at ${10_000 * MIB + 4 * MIB - 7}` },
  ];
  expect(findings).toEqual(expect.arrayContaining([...expected]));
  expect(findings.filter((finding) => finding.secret === 'absent')).toEqual([]);
}, 120_000);
