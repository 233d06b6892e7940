import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runOnImage } from './support/boot.ts';
import { takeInventory } from './support/inventory.ts';
import type { Mirror } from '../support/mirror.ts';
import { imageIdOf, mirrorOptions, runArguments, runProgram } from './support/program.ts';
import { listImageIds, startTinyMirror, takeLeftovers } from './support/run-on-lab.ts';

const PREFIX = 'e2e-tiny';
let mirror: Mirror;

const build = (name: string, more: readonly string[] = []) =>
  runProgram(runArguments(mirror, name, ['--prefix', PREFIX, ...more]));

beforeAll(async () => {
  mirror = await startTinyMirror();
});

afterAll(() => mirror.close());

describe('base images', () => {
  test('Two concurrent inits upload each base once, and a third init uploads nothing', async () => {
    const init = () =>
      runProgram(['init', '--base-image', 'noble,jammy', '--prefix', PREFIX, ...mirrorOptions(mirror)]);
    const results = await Promise.all([init(), init()]);
    expect(results.map(({ exitCode, stderr }) => (exitCode === 0 ? '' : stderr))).toEqual(['', '']);
    await init();
    const downloads = mirror.requests.filter(({ method, path }) => method === 'GET' && path.endsWith('.img'));
    expect(downloads).toHaveLength(2);
    const { images, securityGroups } = await takeInventory();
    const ours = images.filter(({ name }) => name.startsWith(`${PREFIX}-image-builder-base-`));
    expect(ours.map(({ name, status }) => `${name} ${status ?? ''}`).sort()).toEqual([
      `${PREFIX}-image-builder-base-jammy-x64 active`,
      `${PREFIX}-image-builder-base-noble-x64 active`,
    ]);
    expect(
      securityGroups.filter(({ name }) => name === `github-runner-image-builder-v1-${PREFIX}`),
    ).toHaveLength(1);
  });
});

describe('builds', () => {
  test('Two concurrent builds make two complete images and leave no other resources', async () => {
    const before = await takeLeftovers();
    const [noble, jammy] = await Promise.all([
      build('e2e-tiny-noble-x64'),
      build('e2e-tiny-jammy-x64', ['--base-image', '22.04']),
    ]);
    const ids = [imageIdOf(noble), imageIdOf(jammy)];
    process.stderr.write(`steps of the tiny guest: ${JSON.stringify(noble.json['steps'])}\n`);
    expect(await takeLeftovers()).toEqual(before);
    expect([await listImageIds('e2e-tiny-noble-x64'), await listImageIds('e2e-tiny-jammy-x64')]).toEqual(
      ids.map((id) => [id]),
    );
    const seen = await runOnImage(
      ids[1] ?? '',
      'cat /home/ubuntu/actions-runner/run.sh | head -n 1; cat /etc/sysctl.d/99-github-runner.conf; stat -c %a /usr/local/bin; ls /var/lib/github-runner-image-builder 2>&1; true',
    );
    expect(seen).toContain('#!/bin/sh');
    expect(seen).toContain('bbr');
    expect(seen).toContain('777');
    expect(seen).toContain('No such file');
  });

  test('A prune of four revisions to two keeps the newest two', async () => {
    const name = 'e2e-tiny-revisions';
    const owner = (id: string) => ['--owner', JSON.stringify({ application: 'e2e', build_id: id })];
    const first = [imageIdOf(await build(name, owner('a')))];
    const both = await Promise.all([build(name, owner('b')), build(name, owner('c'))]);
    const newest = await build(name, owner('d'));
    const all = [...first, ...both.map(imageIdOf), imageIdOf(newest)];
    const prune = (...more: readonly string[]) =>
      runProgram(['prune', name, '-k', '2', '--os-cloud', 'builder', ...more]);
    await prune('--dry-run');
    await prune('--owner', '{"application": "somebody-else"}');
    expect([...(await listImageIds(name))].sort()).toEqual([...all].sort());
    const pruned = await prune();
    expect(pruned.exitCode).toBe(0);
    const left = await listImageIds(name);
    expect(left).toHaveLength(2);
    expect(left).toContain(all[3]);
    expect(left).not.toContain(all[0]);
    const latest = await runProgram(['latest-build-id', name, '--os-cloud', 'builder', '--format', 'text']);
    expect(latest.stdout).toBe(all[3]);
  });
});
