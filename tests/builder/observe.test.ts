import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { getLatestImages } from '../../src/builder/latest-images.ts';
import { installCloudsYaml } from '../../src/builder/credentials.ts';
import { killObservations, listOngoingJobs } from '../../src/builder/jobs/ongoing-jobs.ts';
import { groupByLogin, observeLogin } from '../../src/builder/observe.ts';
import { type NamedLogin, loginByName } from '../../src/model/cloud/cloud-login.ts';
import { Secret } from '../../src/model/secret.ts';
import { listProcesses } from '../../src/system/process/processes.ts';
import { CancelledError } from '../../src/model/errors.ts';
import { parseJobOrder } from '../../src/model/job/job-order.ts';
import { CommandError } from '../../src/system/process/command.ts';
import { failureOf } from '../support/cloud-fixture.ts';
import { CONFIG, useJobs } from './support/jobs.ts';
import { uuidOf } from '../support/uuid-of.ts';

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

const listed = (...clouds: readonly object[]) => ({ list: { result: { clouds, warnings: [] } } });

describe('an observation', () => {
  test('Each cloud is observed by a process of its own, and a failure is the state of its cloud', async () => {
    await at.script({ list: { result: { clouds: [cloud('a'), broken], warnings: [] }, exitCode: 6 } });
    const seen = await Promise.all(['a', 'b'].map((cloudId) => observeLogin([cloudId], at.tools)));
    expect(seen.flat()).toEqual([
      { cloudId: 'a', state: 'seen', projectKey: 'key-a', images: [] },
      { cloudId: 'b', state: 'failed', kind: 'denied', type: 'X', message: 'wrong password' },
    ]);
    const calls = await at.calls();
    const orders = calls.map(({ order }) => (order?.kind === 'list' ? order.cloudIds : []));
    expect(orders.toSorted()).toEqual([['a'], ['b']]);
    expect(calls[0]?.env['OS_CLIENT_CONFIG_FILE']).toBe(at.host.paths.cloudsYaml);
    expect(await readdir(at.host.paths.jobs)).toEqual([]);
  });

  test('Clouds with the same login get the answer of one process', async () => {
    await at.script(listed(cloud('a', image(uuidOf('i'), 'img', '2026-01-01T00:00:00Z'))));
    const seen = await observeLogin(['a', 'b'], at.tools);
    expect(seen.map((one) => ({ ...one, images: [] }))).toEqual([
      { cloudId: 'a', state: 'seen', projectKey: 'key-a', images: [] },
      { cloudId: 'b', state: 'seen', projectKey: 'key-a', images: [] },
    ]);
    expect(await at.calls()).toHaveLength(1);
  });

  test('Clouds are grouped by the logins in clouds.yaml', async () => {
    const login = (user: string): NamedLogin =>
      loginByName({
        ...{ authUrl: 'https://keystone/v3', password: new Secret('p'), projectName: 'p', userName: user },
        ...{ projectDomainName: 'd', userDomainName: 'd', region: '' },
      });
    const clouds = { a: login('one'), b: login('other'), c: login('one') };
    await installCloudsYaml({ clouds }, at.host);
    expect(await groupByLogin(['b', 'a', 'c', 'unknown'], at.tools)).toEqual([
      ['b'],
      ['a', 'c'],
      ['unknown'],
    ]);
  });

  test('An observation checks the extra images of its clouds once and skips invalid ids', async () => {
    await at.script(listed(cloud('a')));
    const extraImages = [
      { cloudId: 'a', imageId: uuidOf('i1') },
      { cloudId: 'b', imageId: uuidOf('i2') },
      { cloudId: 'b', imageId: uuidOf('i1') },
      { cloudId: 'b', imageId: 'one,two' },
      { cloudId: 'elsewhere', imageId: uuidOf('i3') },
    ];
    await observeLogin(['a', 'b'], at.tools, { extraImages });
    const [call] = await at.calls();
    expect(call?.order).toMatchObject({
      extraImages: [
        { cloudId: 'a', imageId: uuidOf('i1') },
        { cloudId: 'a', imageId: uuidOf('i2') },
      ],
    });
  });

  test('An observation limits each call, the process, its heap and its output', async () => {
    const limits: unknown[] = [];
    const runCommand: typeof at.tools.runCommand = async ({ cwd = '', ...request }) => {
      const { timeouts } = parseJobOrder(await readFile(join(cwd, 'order.json'), 'utf8'));
      const { timeoutMs, maxOutputBytes, env, stopSignal } = request;
      limits.push(timeouts.apiTimeout, timeoutMs, maxOutputBytes, env['NODE_OPTIONS'], stopSignal);
      return { stdout: '{"clouds": []}', stderr: '', exitCode: 0, signal: undefined };
    };
    await observeLogin(['a'], { ...at.tools, runCommand }, { apiTimeoutS: 15 });
    expect(limits).toEqual([15, 70_000, 2 * 1024 * 1024, '--max-old-space-size=256', 'SIGKILL']);
  });

  test.each([
    ['output', /printed more than 2097152 bytes and was stopped/],
    ['memory', /ended without a result/],
  ] as const)('A process whose %s never ends is killed at its bound', async (neverEnds, message) => {
    await at.script({ list: { neverEnds } });
    const [seen] = await observeLogin(['a'], at.tools);
    expect(seen).toMatchObject({
      state: 'failed',
      kind: 'unavailable',
      message: expect.stringMatching(message),
    });
  });

  test('An observation of no clouds starts no program', async () => {
    expect(await observeLogin([], at.tools)).toEqual([]);
    expect(await at.calls()).toEqual([]);
  });

  test.each([
    ['nothing', { stdout: '', exitCode: 1 }, 'unavailable', /ended without a result: exit code 1/],
    ['something else', { result: { clouds: 3 } }, 'input', /clouds: expected a list/],
    ['no cloud', { result: { clouds: [] } }, 'unavailable', /the program did not report it/],
    [
      'an error',
      { result: { error: { kind: 'input', message: 'no clouds.yaml' } } },
      'input',
      /no clouds.yaml/,
    ],
  ])('A cloud counts as failed when the program prints %s', async (_what, behaviour, kind, message) => {
    await at.script({ list: behaviour });
    expect(await observeLogin(['a'], at.tools)).toEqual([
      {
        cloudId: 'a',
        state: 'failed',
        kind,
        type: 'GetLatestImageError',
        message: expect.stringMatching(message),
      },
    ]);
  });

  test('A cloud counts as failed without an installed program', async () => {
    await rm(join(at.host.paths.programs, 'current'));
    expect(await observeLogin(['a'], at.tools)).toMatchObject([{ cloudId: 'a', state: 'failed' }]);
  });

  test('A cloud whose process takes too long counts as unavailable', async () => {
    const runCommand = (): never => {
      throw new CommandError('node: did not exit within 120 s and was stopped');
    };
    expect(await observeLogin(['a'], { ...at.tools, runCommand })).toMatchObject([{ kind: 'unavailable' }]);
  });

  test.each([{ holdUntil: 'never', ignoresTerm: true }, { neverEnds: 'work' as const }])(
    'The process of an observation that does %j is killed when the daemon stops',
    async (behaviour) => {
      await at.script({ list: behaviour });
      const stop = new AbortController();
      const error = failureOf(observeLogin(['a'], { ...at.tools, signal: stop.signal }));
      await at.waitForCalls(1);
      stop.abort(new CancelledError('the daemon stops'));
      expect(await error).toBeInstanceOf(CancelledError);
      const { programs } = at.host.paths;
      const left = (await listProcesses()).filter(({ args }) => args[1]?.startsWith(`${programs}/`));
      expect(left).toEqual([]);
    },
  );

  test('Observations of a killed daemon are found and killed', async () => {
    await at.script({ list: { neverEnds: 'work' } });
    const abandoned = observeLogin(['a'], at.tools);
    await at.waitForCalls(1);
    expect(await listOngoingJobs(at.tools)).toEqual([]);
    await killObservations(at.tools);
    expect(await abandoned).toMatchObject([{ state: 'failed' }]);
  });
});

describe('the latest images', () => {
  const matrix = { bases: ['noble', 'jammy'], jujuChannels: [], microk8sChannels: [] } as const;

  test('The latest images are the newest active ones of each cloud, in the order of the matrix', async () => {
    const a = cloud(
      'a',
      image(uuidOf('old'), 'app-noble-x64', '2026-01-01T00:00:00Z'),
      image(uuidOf('new'), 'app-noble-x64', '2026-01-02T00:00:00Z'),
      image(uuidOf('saving'), 'app-noble-x64', '2026-01-03T00:00:00Z', 'saving'),
      image(uuidOf('half'), 'app-noble-x64.building-b', '2026-01-04T00:00:00Z'),
    );
    const b = cloud('b', image(uuidOf('jammy'), 'app-jammy-x64', '2026-01-01T00:00:00Z'));
    await at.script({ list: { result: { clouds: [a, b] } } });
    expect(await getLatestImages(matrix, CONFIG, at.tools)).toEqual([
      { arch: 'x64', base: 'noble', cloudId: 'a', imageId: uuidOf('new'), juju: '', microk8s: '' },
      { arch: 'x64', base: 'jammy', cloudId: 'b', imageId: uuidOf('jammy'), juju: '', microk8s: '' },
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
