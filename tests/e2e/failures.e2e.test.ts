import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Mirror } from '../support/mirror.ts';
import { imageIdOf, mirrorOptions, runArguments, runProgram } from './support/program.ts';
import { listImageIds, startTinyMirror, takeLeftovers } from './support/run-on-lab.ts';

const PREFIX = 'e2e-fail';
const OWNER = ['--owner', '{"application": "e2e-fail", "model_uuid": "one"}'];
const SECRET = `marked-secret-${randomBytes(12).toString('hex')}`;
const files = new Map([['/failing.sh', '#!/bin/sh\necho "my token is $TOKEN" >&2\nexit 3\n']]);
let mirror: Mirror;
let before: Awaited<ReturnType<typeof takeLeftovers>>;

const build = (more: readonly string[], options: Parameters<typeof runProgram>[1] = {}) =>
  runProgram(runArguments(mirror, 'e2e-fail-noble-x64', ['--prefix', PREFIX, ...OWNER, ...more]), options);

/** Sends `signal` to the program when `step` starts. */
const killAt = (step: string, signal: NodeJS.Signals) => ({
  onLine: (line: string, pid: number): void => {
    if (line.includes(`Z ${step}`)) process.kill(pid, signal);
  },
});

beforeAll(async () => {
  mirror = await startTinyMirror(files);
  const bases = ['--base-image', 'noble,focal', '--prefix', PREFIX, ...OWNER];
  const init = await runProgram(['init', ...bases, ...mirrorOptions(mirror)]);
  expect(init.exitCode === 0 ? '' : init.stderr).toBe('');
  before = await takeLeftovers();
});

afterAll(() => mirror.close());

describe('a build that does not end normally', () => {
  test('A failing script leaves nothing in the cloud, and its output is printed without its secret', async () => {
    const result = await build(['--script-url', `${mirror.url}/failing.sh`], {
      env: { IMAGE_BUILDER_SECRET_TOKEN: SECRET },
    });
    expect(result.exitCode).toBe(5);
    expect(result.json['error']).toMatchObject({
      kind: 'build',
      type: 'ExternalScriptError',
      step: 'run external script',
      leftovers: [],
    });
    expect(result.stderr).toContain('my token is [secret]');
    expect(`${result.stdout}${result.stderr}`).not.toContain(SECRET);
    expect(await takeLeftovers()).toEqual(before);
  });

  test('A server that never boots leaves nothing in the cloud', async () => {
    const result = await build(['--base-image', 'focal', '--boot-timeout', '6']);
    expect(result.exitCode).toBe(4);
    expect(result.json['error']).toMatchObject({
      kind: 'unavailable',
      step: 'wait for host key',
      leftovers: [],
    });
    expect(result.stderr).toContain('--boot-timeout');
    expect(await takeLeftovers()).toEqual(before);
  });

  test('SIGTERM during a build leaves nothing in the cloud and gives the exit code of the signal', async () => {
    const result = await build([], killAt('wait for host key', 'SIGTERM'));
    expect(result.exitCode).toBe(143);
    expect(result.json['error']).toMatchObject({ kind: 'cancelled', leftovers: [] });
    expect(await takeLeftovers()).toEqual(before);
  });

  test('SIGINT during the snapshot leaves nothing in the cloud', async () => {
    const result = await build([], killAt('wait for image', 'SIGINT'));
    expect(result.exitCode).toBe(130);
    expect(await takeLeftovers()).toEqual(before);
  });

  test('The next build deletes the leftovers of two killed builds, and another application does not', async () => {
    const killed = await Promise.all([
      build([], killAt('wait for host key', 'SIGKILL')),
      build([], killAt('wait for image', 'SIGKILL')),
    ]);
    expect(killed.map(({ signal }) => signal)).toEqual(['SIGKILL', 'SIGKILL']);
    const left = await takeLeftovers();
    expect(left.servers.length - before.servers.length).toBe(2);
    const other = ['--owner', '{"application": "e2e-fail", "model_uuid": "two"}'];
    await runProgram(['init', '--prefix', PREFIX, ...other, ...mirrorOptions(mirror)]);
    expect((await takeLeftovers()).servers).toEqual(left.servers);
    const id = imageIdOf(await build([]));
    expect(await takeLeftovers()).toEqual(before);
    expect(await listImageIds('e2e-fail-noble-x64')).toEqual([id]);
  });
});
