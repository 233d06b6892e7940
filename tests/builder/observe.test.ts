import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { GetLatestImageError } from '../../src/builder/errors.ts';
import { getLatestImages } from '../../src/builder/latest-images.ts';
import { observe } from '../../src/builder/observe.ts';
import { CancelledError } from '../../src/model/errors.ts';
import { parseJobOrder } from '../../src/model/job-order.ts';
import { CommandError } from '../../src/system/process/command.ts';
import { failureOf } from '../support/cloud-fixture.ts';
import { CONFIG, useJobs } from './support/jobs.ts';

const at = useJobs();

const image = (id: string, name: string, createdAt: string, status = 'active') => ({
  id,
  name,
  status,
  created_at: createdAt,
  build_id: 'b',
  is_published: false,
});
const cloud = (name: string, ...images: readonly object[]) => ({
  cloud: name,
  project_key: `key-${name}`,
  images,
});
const broken = { cloud: 'b', error: { kind: 'denied', type: 'X', message: 'wrong password' } };

describe('an observation of the clouds', () => {
  test('An observation reports every cloud when one of them fails', async () => {
    await at.script({ list: { result: { clouds: [cloud('a'), broken], warnings: [] }, exitCode: 6 } });
    expect(await observe(['a', 'b'], at.tools)).toEqual([
      { cloudId: 'a', state: 'seen', projectKey: 'key-a', images: [] },
      { cloudId: 'b', state: 'failed', kind: 'denied', type: 'X', message: 'wrong password' },
    ]);
    const [call] = await at.calls();
    expect(call?.order).toMatchObject({ kind: 'list', cloudIds: ['a', 'b'], extraImages: [] });
    expect(call?.env['OS_CLIENT_CONFIG_FILE']).toBe(at.host.paths.cloudsYaml);
    expect(await readdir(at.host.paths.jobs)).toEqual([]);
  });

  test('An observation checks the extra images of each cloud and skips invalid ids', async () => {
    await at.script({ list: { result: { clouds: [] } } });
    const extraImages = [
      { cloudId: 'a', imageId: 'i1' },
      { cloudId: 'b', imageId: 'i2' },
      { cloudId: 'b', imageId: 'one,two' },
      { cloudId: 'elsewhere', imageId: 'i3' },
    ];
    await observe(['a', 'b'], at.tools, extraImages);
    const [call] = await at.calls();
    expect(call?.order).toMatchObject({ extraImages: extraImages.slice(0, 2) });
  });

  test.each([
    [1, 40, 120],
    [8, 40, 120],
    [9, 40, 200],
    [31, 40, 360],
    [100, 21, 586],
  ])(
    'An observation of %i clouds limits each call to %i s and the program to %i s',
    async (count, call, whole) => {
      const limits: unknown[] = [];
      const runCommand: typeof at.tools.runCommand = async ({ cwd = '', timeoutMs }) => {
        const { timeouts } = parseJobOrder(await readFile(join(cwd, 'order.json'), 'utf8'));
        limits.push(timeouts.apiTimeout, timeoutMs);
        return { stdout: '{"clouds": []}', stderr: '', exitCode: 0, signal: undefined };
      };
      const cloudIds = Array.from({ length: count }, (_, index) => `c${index}`);
      await observe(cloudIds, { ...at.tools, runCommand });
      expect(limits).toEqual([call, whole * 1000]);
    },
  );

  test('An observation of no clouds starts no program', async () => {
    expect(await observe([], at.tools)).toEqual([]);
    expect(await at.calls()).toEqual([]);
  });

  test.each([
    ['nothing', { stdout: '', exitCode: 1 }, 'unavailable', /ended without a result: exit code 1/],
    ['something else', { result: { clouds: 3 } }, 'input', /clouds: expected a list/],
    [
      'an error',
      { result: { error: { kind: 'input', message: 'no clouds.yaml' } } },
      'input',
      /no clouds.yaml/,
    ],
  ])('An observation fails when the program prints %s', async (_what, behaviour, kind, message) => {
    await at.script({ list: behaviour });
    const error = await failureOf(observe(['a'], at.tools));
    expect(error).toBeInstanceOf(GetLatestImageError);
    expect(error.message).toMatch(message);
    expect(error).toHaveProperty('kind', kind);
  });

  test('An observation without an installed program fails', async () => {
    await rm(join(at.host.paths.programs, 'current'));
    expect(await failureOf(observe(['a'], at.tools))).toBeInstanceOf(GetLatestImageError);
  });

  test('An observation that takes too long fails as unavailable', async () => {
    const runCommand = (): never => {
      throw new CommandError('node: did not exit within 120 s and was stopped');
    };
    const error = await failureOf(observe(['a'], { ...at.tools, runCommand }));
    expect(error).toMatchObject({ name: 'GetLatestImageError', kind: 'unavailable' });
  });

  test('An observation ends when the daemon stops', async () => {
    await at.script({ list: { holdUntil: at.gate } });
    const stop = new AbortController();
    const error = failureOf(observe(['a'], { ...at.tools, signal: stop.signal }));
    await at.waitForCalls(1);
    stop.abort(new CancelledError('the daemon stops'));
    expect(await error).toBeInstanceOf(CancelledError);
  });
});

describe('the latest images', () => {
  const matrix = { bases: ['noble', 'jammy'], jujuChannels: [], microk8sChannels: [] } as const;

  test('The latest images are the newest active ones of each cloud, in the order of the matrix', async () => {
    const a = cloud(
      'a',
      image('old', 'app-noble-x64', '2026-01-01T00:00:00Z'),
      image('new', 'app-noble-x64', '2026-01-02T00:00:00Z'),
      image('saving', 'app-noble-x64', '2026-01-03T00:00:00Z', 'saving'),
      image('half', 'app-noble-x64.building-b', '2026-01-04T00:00:00Z'),
    );
    const b = cloud('b', image('jammy', 'app-jammy-x64', '2026-01-01T00:00:00Z'));
    await at.script({ list: { result: { clouds: [a, b] } } });
    expect(await getLatestImages(matrix, CONFIG, at.tools)).toEqual([
      { arch: 'x64', base: 'noble', cloudId: 'a', imageId: 'new', juju: '', microk8s: '' },
      { arch: 'x64', base: 'jammy', cloudId: 'b', imageId: 'jammy', juju: '', microk8s: '' },
    ]);
  });

  test('The latest images cannot be listed when a cloud does not answer, and the error names the cloud', async () => {
    await at.script({ list: { result: { clouds: [cloud('a'), broken] }, exitCode: 6 } });
    const error = await failureOf(getLatestImages(matrix, CONFIG, at.tools));
    expect(error).toMatchObject({ kind: 'denied', message: 'cloud b: wrong password' });
    await at.script({ list: { result: { clouds: [cloud('a')] } } });
    expect((await failureOf(getLatestImages(matrix, CONFIG, at.tools))).message).toMatch(/^cloud b: /);
  });
});
