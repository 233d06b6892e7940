import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { describeImage, wipeImages, withFullStore } from './support/copies.ts';
import { startCuttingProxy } from './support/cutting-proxy.ts';
import { takeInventory } from './support/inventory.ts';
import { askPython, baseImageFile, cloudsYaml } from './support/lab.ts';
import type { Mirror } from '../support/mirror.ts';
import { type ProgramResult, runArguments, runProgram } from './support/program.ts';
import { startTinyMirror } from './support/run-on-lab.ts';

const NAME = 'e2e-copy-noble-x64';
const MEBIBYTE = 1024 * 1024;
let mirror: Mirror;
let folder: string;
let sourceId: string;

/** The printed result of one copy. */
interface PrintedCopy {
  readonly cloud: string;
  readonly outcome: string;
  readonly image_id?: string;
  readonly reason?: string;
  readonly attempts: number;
}

const copiesOf = ({ json }: ProgramResult): readonly PrintedCopy[] =>
  json['images'] as readonly PrintedCopy[];

const distribute = (clouds: string, more: readonly string[] = [], yaml = cloudsYaml()) =>
  runProgram(['distribute', sourceId, '--os-cloud', 'builder', '--upload-clouds', clouds, ...more], {
    cloudsYaml: yaml,
  });

/** Writes a clouds.yaml with additional entries. Each is a changed copy of the entry that `like` names. */
async function extendCloudsYaml(
  more: Readonly<Record<string, { readonly like: string; readonly change: (text: string) => string }>>,
): Promise<string> {
  const text = await readFile(cloudsYaml(), 'utf8');
  const entryOf = (name: string): string =>
    new RegExp(`^  ${name}:\\n((?:    .*\\n)+)`, 'm').exec(text)?.[1] ?? '';
  const entries = Object.entries(more).map(
    ([name, { like, change }]) => `  ${name}:\n${change(entryOf(like))}`,
  );
  const path = join(folder, 'clouds.yaml');
  await writeFile(path, text + entries.join(''), { mode: 0o600 });
  return path;
}

const namesIn = async (cloud: string): Promise<readonly string[]> =>
  (await takeInventory(cloud)).images.map(({ name, status }) => `${name} ${status ?? ''}`);

beforeAll(async () => {
  mirror = await startTinyMirror();
  folder = await mkdtemp(join(tmpdir(), 'e2e-copy-'));
  for (const cloud of ['consumer', 'neighbour', 'neighbour-b']) await wipeImages(cloud, 'e2e-');
});

afterAll(async () => {
  await mirror.close();
  await rm(folder, { recursive: true });
  for (const cloud of ['consumer', 'neighbour', 'neighbour-b']) await wipeImages(cloud, 'e2e-');
});

describe('a finished image', () => {
  test('A build copies its image to another cloud and another project; its own project needs no copy', async () => {
    const clouds = ['--upload-clouds', 'consumer,builder,neighbour', '--prefix', 'e2e-copy'];
    const owner = ['--owner', '{"application": "e2e-copy", "unit": "e2e-copy/0"}'];
    const result = await runProgram(runArguments(mirror, NAME, [...clouds, ...owner]));
    expect(result.exitCode === 0 ? '' : result.stderr).toBe('');
    sourceId = result.json['image_id'] as string;
    const [consumer, builder, neighbour] = copiesOf(result);
    expect(builder).toMatchObject({ cloud: 'builder', outcome: 'itself', image_id: sourceId });
    const source = await describeImage('builder', sourceId);
    expect(source?.['image_builder_inputs_sha256']).toMatch(/^[0-9a-f]{64}$/);
    for (const copy of [consumer, neighbour]) {
      expect(copy).toMatchObject({ outcome: 'copied', attempts: 1, proven_by: 'hash' });
      expect(copy?.image_id).not.toBe(sourceId);
      const record = await describeImage(copy?.cloud ?? '', copy?.image_id ?? '');
      expect(record).toMatchObject({
        status: 'active',
        name: NAME,
        os_hash_value: source?.['os_hash_value'],
        size: source?.['size'],
        disk_format: 'qcow2',
        min_disk: source?.['min_disk'],
        architecture: 'x86_64',
        os_distro: 'ubuntu',
        image_builder_application: 'e2e-copy',
        image_builder_unit: 'e2e-copy/0',
        image_builder_source_image_id: sourceId,
        image_builder_runner_version: '2.331.0',
        image_builder_inputs_sha256: source?.['image_builder_inputs_sha256'],
        visibility: 'private',
      });
    }
  });

  test('A second distribution makes no copies, and its text output has the ids in the order of the clouds', async () => {
    const first = await distribute('neighbour,consumer');
    expect(copiesOf(first).map(({ cloud, outcome }) => `${cloud} ${outcome}`)).toEqual([
      'neighbour already there',
      'consumer already there',
    ]);
    const text = await distribute('consumer,neighbour', ['--format', 'text']);
    expect(text.stdout.split(',')).toEqual([...copiesOf(first)].reverse().map(({ image_id: id }) => id));
  });

  test('Projects with the same name in different clouds each get their own copy', async () => {
    await wipeImages('neighbour', 'e2e-');
    const result = await distribute('neighbour,neighbour-b');
    const [a, b] = copiesOf(result);
    expect([a?.outcome, b?.outcome]).toEqual(['copied', 'copied']);
    expect(await describeImage('neighbour', a?.image_id ?? '')).toMatchObject({ status: 'active' });
    expect(await describeImage('neighbour-b', b?.image_id ?? '')).toMatchObject({ status: 'active' });
    expect(await describeImage('neighbour', b?.image_id ?? '')).toBeNull();
  });
});

describe('an image in its own cloud', () => {
  test('An image that was shared with another project is not pruned', async () => {
    await wipeImages('neighbour', 'e2e-');
    const [shared] = copiesOf(await distribute('neighbour', ['--share']));
    expect(shared).toMatchObject({ outcome: 'shared', image_id: sourceId });
    expect(await describeImage('neighbour', sourceId)).toMatchObject({
      status: 'active',
      visibility: 'shared',
    });
    await askPython('image.py', ['upload', 'builder', NAME, baseImageFile('tiny')], 120);
    const pruned = await runProgram(['prune', NAME, '-k', '1', '--os-cloud', 'builder']);
    expect(pruned.json['images']).toContainEqual(
      expect.objectContaining({ id: sourceId, outcome: 'kept', reason: 'shared with 1 project(s)' }),
    );
    expect(await describeImage('builder', sourceId)).toMatchObject({ status: 'active' });
  });
});

describe('a destination that fails', () => {
  test('A destination with a wrong password fails at the first attempt, and the others get the image', async () => {
    await wipeImages('consumer', 'e2e-');
    const yaml = await extendCloudsYaml({
      wrong: { like: 'consumer', change: (text) => text.replace(/password: .*/, 'password: hunter22') },
    });
    const result = await distribute('wrong,consumer', [], yaml);
    expect(result.exitCode).toBe(6);
    const [wrong, consumer] = copiesOf(result);
    expect(wrong).toMatchObject({ outcome: 'failed', kind: 'denied', attempts: 1 });
    expect(wrong?.reason).toContain('401');
    expect(consumer).toMatchObject({ outcome: 'copied' });
    expect(result.stdout + result.stderr).not.toContain('hunter22');
  });

  test('An upload that is cut once is retried, and an upload that is always cut leaves no image', async () => {
    await wipeImages('consumer', 'e2e-');
    await wipeImages('neighbour', 'e2e-');
    const [once, always] = await Promise.all([
      startCuttingProxy(9293, 2 * MEBIBYTE, 1),
      startCuttingProxy(9293, 2 * MEBIBYTE, 1000),
    ]);
    const through = (port: number) => (text: string) =>
      `${text}    image_endpoint_override: http://127.0.0.1:${port}\n`;
    const yaml = await extendCloudsYaml({
      once: { like: 'consumer', change: through(once.port) },
      always: { like: 'neighbour-b', change: through(always.port) },
    });
    await wipeImages('neighbour-b', 'e2e-');
    const result = await distribute('once,always,neighbour', [], yaml);
    expect([once.cuts(), always.cuts()]).toEqual([1, 3]);
    await Promise.all([once.close(), always.close()]);
    const [first, second, third] = copiesOf(result);
    expect(first).toMatchObject({ outcome: 'copied', attempts: 2 });
    expect(second).toMatchObject({ outcome: 'failed', kind: 'unavailable', attempts: 3 });
    expect(third).toMatchObject({ outcome: 'copied', attempts: 1 });
    expect(await namesIn('neighbour-b')).toEqual([]);
    expect(await namesIn('consumer')).toEqual([`${NAME} active`]);
  });

  test('A copy to a full store fails with that reason and leaves no image', async () => {
    await wipeImages('consumer', 'e2e-');
    const result = await withFullStore(1, () => distribute('consumer,neighbour'));
    const [consumer, neighbour] = copiesOf(result);
    expect(consumer).toMatchObject({ outcome: 'failed' });
    expect(consumer?.reason).toMatch(/413|full|storage/i);
    expect(neighbour).toMatchObject({ outcome: 'already there' });
    expect(await namesIn('consumer')).toEqual([]);
  });
});
