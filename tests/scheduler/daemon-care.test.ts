import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import type { Built } from '../../src/model/unit/built.ts';
import { jobFiles, writeJobOrder } from '../../src/builder/jobs/job-files.ts';
import { NODE_FILE } from '../../src/builder/host/programs.ts';
import { buildOrder } from '../builder/support/jobs.ts';
import { type TestDaemon, until, useDaemons } from './support/daemon-fixture.ts';
import { uuidOf } from '../support/uuid-of.ts';

const at = useDaemons();
const NOBLE = 'app-noble-x64';

async function startBuilt(): Promise<TestDaemon> {
  const daemon = at.start();
  await daemon.untilDone(`build ${NOBLE}`);
  await daemon.reconcileTwice();
  return daemon;
}

test('A job that is no longer desired when the clouds answer is not started', async () => {
  await at.host.put('hold-list');
  const daemon = at.start();
  await until(async () => (await at.host.calls('list')).length === 2);
  await at.host.putDesired({ images: { bases: ['jammy'] } });
  await at.host.remove('hold-list');
  await until(() => daemon.started().length > 0);
  expect(daemon.started()).toEqual(['prepare jammy']);
});

test('A cloud that is added during an observation is queried as well', async () => {
  await at.host.addCloud('blue', 'blues');
  await at.host.put('hold-list');
  const daemon = at.start();
  await until(async () => (await at.host.calls('list')).length === 2);
  const consumers = [...at.host.desired.consumers, { relationId: 2, unit: 'blue/0', cloudId: 'blue' }];
  await at.host.putDesired({ consumers });
  await at.host.remove('hold-list');
  await daemon.advanceUntil(async () => {
    const orders = (await at.host.calls('list')).map(({ order }) => order);
    return orders.some((order) => order.kind === 'list' && order.cloudIds.includes('blue'));
  });
});

test('No revision is pruned while built.json cannot be written', async () => {
  const daemon = await startBuilt();
  for (const buildId of ['a', 'b', 'c']) {
    await at.host.putDesired({ requests: [{ action: buildId, builds: [{ imageName: NOBLE, buildId }] }] });
    await daemon.advanceUntil(async () => (await at.host.built())?.answered.includes(buildId) === true);
  }
  const { built } = at.host.paths;
  await rm(built);
  await mkdir(built);
  const [published = ''] = await at.host.images('red');
  await at.host.putDesired({ published: [{ relationId: 1, imageIds: [published], isConfirmed: true }] });
  await daemon.advanceUntil(
    () => daemon.logged('built.json was not written: this is a bug, please report it').length > 0,
  );
  await daemon.reconcileTwice();
  expect(await at.host.calls('prune')).toEqual([]);
  await rm(built, { recursive: true });
  await daemon.advanceUntil(async () => (await at.host.calls('prune')).length > 0);
});

const withoutHeartbeat = (built: Built | undefined) => ({ ...built, heartbeatAt: undefined });

test.each(['lost', 'damaged'])(
  'A built.json that is %s while the daemon runs is written again',
  async (state) => {
    const daemon = await startBuilt();
    const { generation } = at.host.desired; // the last reconcile has started, but may not have written its report yet
    await until(async () => (await at.host.built())?.desiredGeneration === generation);
    const before = withoutHeartbeat(await at.host.built());
    if (state === 'lost') await rm(at.host.paths.built);
    else await writeFile(at.host.paths.built, '{');
    await daemon.tick();
    await until(async () => {
      const after = await at.host.built().catch(() => undefined); // not written yet
      return isDeepStrictEqual(withoutHeartbeat(after), before);
    });
  },
);

test.each(['desired.json', 'schedule.json'])(
  'A %s that cannot be decoded is reported to the charm',
  async (name) => {
    const daemon = await startBuilt();
    const path = join(at.host.paths.state, name);
    const valid = await readFile(path, 'utf8');
    await writeFile(path, '{');
    await daemon.advanceUntil(async () => (await at.host.built())?.idleReason !== undefined);
    expect((await at.host.built())?.idleReason).toMatch(new RegExp(`^waiting for the charm: ${name}: `));
    expect((await at.host.built())?.clouds).toHaveLength(2);
    await writeFile(path, valid);
    await daemon.advanceUntil(async () => (await at.host.built())?.idleReason === undefined);
  },
);

describe('a build that an action requested', () => {
  test('A requested build that could not be started is tried again after its back-off', async () => {
    const daemon = await startBuilt();
    const { programs, journal } = at.host.paths;
    const node = join(programs, '1', NODE_FILE);
    await mkdir(dirname(node));
    await writeFile(node, '', { mode: 0o600 }); // not executable
    await at.host.putDesired({
      requests: [{ action: '42', builds: [{ imageName: NOBLE, buildId: 'asked-1' }] }],
    });
    await daemon.advanceUntil(() => daemon.logged('job failed').length === 1);
    await daemon.reconcileTwice();
    await daemon.reconcileTwice();
    expect(daemon.started()).toHaveLength(3);
    const { endedBuilds } = JSON.parse(await readFile(journal, 'utf8')) as { endedBuilds: string[] };
    expect(endedBuilds).not.toContain('asked-1');
    await rm(node);
    await daemon.tick();
    await daemon.tick();
    await daemon.advanceUntil(async () => (await at.host.built())?.answered.includes('42') === true);
    expect(await at.host.images('builder')).toContain(uuidOf('image of asked-1'));
  });

  test('A requested build whose daemon was killed before the start is built by the next daemon', async () => {
    await (await startBuilt()).stop();
    const order = buildOrder({ id: 'asked-1', imageName: NOBLE, cloudIds: ['red'] });
    await writeJobOrder(order, jobFiles(at.host.paths, 'asked-1'));
    await at.host.putDesired({
      requests: [{ action: '42', builds: [{ imageName: NOBLE, buildId: 'asked-1' }] }],
    });
    const daemon = at.start();
    await daemon.advanceUntil(async () => (await at.host.built())?.answered.includes('42') === true);
    expect(daemon.logged('job failed')).toEqual([]);
    expect(await at.host.images('builder')).toContain(uuidOf('image of asked-1'));
  });
});

test('A build of version 0.1.0 that ended while no daemon ran is recorded and not repeated', async () => {
  await (await startBuilt()).stop();
  const { folder, result } = jobFiles(at.host.paths, 'asked-1');
  await mkdir(folder);
  const job = { kind: 'build', buildId: 'asked-1', subject: NOBLE, cloudIds: ['red'], reason: 'asked' };
  await writeFile(join(folder, 'job.json'), JSON.stringify({ ...job, startedAt: new Date().toISOString() }));
  await writeFile(result, JSON.stringify({ image_name: NOBLE, cloud: 'builder', image_id: 'i', images: [] }));
  await at.host.putDesired({
    requests: [{ action: '42', builds: [{ imageName: NOBLE, buildId: 'asked-1' }] }],
  });
  const daemon = at.start();
  await daemon.advanceUntil(async () => (await at.host.built())?.endedBuilds.includes('asked-1') === true);
  expect(daemon.logged('job adopted')).toHaveLength(1);
  expect(await at.host.calls('build')).toHaveLength(1);
});

test('An unknown file among the jobs is logged once and stops nothing', async () => {
  await mkdir(at.host.paths.jobs, { recursive: true });
  await writeFile(join(at.host.paths.jobs, 'unknown'), '');
  const daemon = await startBuilt();
  expect(daemon.logged('unknown folders among the jobs were left in place')).toHaveLength(1);
});

test('Files of killed processes are removed from the state folder, but files that are being written are not', async () => {
  const put = (name: string, text: string) => at.host.put(name, text);
  const [old, fresh] = ['.built.json.0123456789ab.tmp', '.desired.json.0123456789ab.tmp'];
  const draft = 'scheduler.lock.0123456789ab';
  await Promise.all([put(old, '{'), put(fresh, '{'), put(draft, '0123456789abcdef.4194304.1')]);
  await utimes(join(at.host.paths.state, old), 1000, 1000);
  await startBuilt();
  const left = [old, fresh, draft].filter((name) => existsSync(join(at.host.paths.state, name)));
  expect(left).toEqual([fresh]);
});
