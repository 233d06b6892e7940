import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import type { BuildRequest } from '../../src/model/unit/desired-state.ts';
import { type TestDaemon, until, useDaemons } from './support/daemon-fixture.ts';
import { makeTrial } from '../support/trial.ts';
import { uuidOf } from '../support/uuid-of.ts';

const at = useDaemons();
const NOBLE = 'app-noble-x64';

/** Starts a daemon and waits until it has built the missing image. */
async function startBuilt(): Promise<TestDaemon> {
  const daemon = at.start();
  await daemon.untilDone(`build ${NOBLE}`);
  await daemon.reconcileTwice();
  expect(daemon.started()).toEqual(['prepare noble', `build ${NOBLE}`]);
  return daemon;
}

describe('the daemon builds', () => {
  test('A missing image is built once and reported to the charm', async () => {
    const daemon = await startBuilt();
    const [id = ''] = await at.host.images('red');
    const built = await at.host.built();
    expect(built?.clouds[1]).toMatchObject({ cloudId: 'red', images: [{ imageId: id }], activeIds: [id] });
    expect(built).toMatchObject({ running: [], failures: [], batch: { done: 0, total: 0 } });
    expect(daemon.logged('job done')).toHaveLength(2);
    expect(await at.host.dispatches('built')).toBeGreaterThan(0);
  });

  test('Several ticks at once start one build', async () => {
    await at.host.put('hold-build');
    const daemon = at.start();
    await until(async () => (await at.host.calls('build')).length === 1);
    await Promise.all([daemon.onTick(), daemon.onTick(), daemon.onTick()]);
    await daemon.reconcileTwice();
    expect(await at.host.calls('build')).toHaveLength(1);
    expect((await at.host.built())?.running).toMatchObject([{ kind: 'build', step: 'do build' }]);
    expect((await at.host.built())?.batch).toEqual({ done: 0, total: 1 });
  });

  test('A changed desired.json starts its jobs within seconds', async () => {
    const daemon = await startBuilt();
    const since = at.clock.now();
    await at.host.putDesired({ images: { bases: ['noble', 'jammy'] } });
    await daemon.advanceUntil(() => daemon.started().includes('prepare jammy'));
    expect(at.clock.now() - since).toBeLessThan(10_000);
    await until(() => daemon.started().includes('build app-jammy-x64'));
  });

  test('A changed schedule starts the builds that are due under it', async () => {
    const daemon = await startBuilt();
    await at.clock.advance(2 * 3_600_000);
    await at.host.put('schedule.json', JSON.stringify({ unit: 'app/0', intervalHours: 1 }));
    await daemon.advanceUntil(() => daemon.started().filter((job) => job === `build ${NOBLE}`).length === 2);
  });

  test('Images are built again at the times of build-schedule, and only in the build window', async () => {
    const daemon = await startBuilt();
    const times = { expression: '0 * * * *', timeZone: 'UTC' };
    const minute = Math.floor(at.clock.now() / 60_000) % (24 * 60);
    const window = { from: (minute + 180) % 1440, to: (minute + 240) % 1440, timeZone: 'UTC' };
    const counted = (): number => daemon.started().filter((job) => job === `build ${NOBLE}`).length;
    await at.host.put('schedule.json', JSON.stringify({ unit: 'app/0', intervalHours: 6, times, window }));
    await at.clock.advance(2 * 3_600_000);
    await daemon.reconcileTwice();
    expect(counted()).toBe(1);
    await at.clock.advance(3_700_000);
    await daemon.onTick();
    await daemon.advanceUntil(() => counted() === 2);
  });

  test('A clock that is a day ahead causes one more build and not a second one', async () => {
    await (await startBuilt()).stop();
    const ahead = at.start(24);
    await ahead.untilDone(`build ${NOBLE}`);
    await ahead.reconcileTwice();
    await ahead.stop();
    const again = at.start(24);
    await until(() => again.reconcileCount() > 0);
    await again.reconcileTwice();
    expect(again.started()).toEqual([]);
    expect(ahead.started()).toEqual(['prepare noble', `build ${NOBLE}`]);
  });

  test('A build that an action requests gets the id of the request and answers it', async () => {
    const daemon = await startBuilt();
    const requests: BuildRequest[] = [{ action: '42', builds: [{ imageName: NOBLE, buildId: 'asked-1' }] }];
    await at.host.putDesired({ requests });
    await daemon.advanceUntil(async () => (await at.host.built())?.answered.includes('42') === true);
    await daemon.reconcileTwice();
    expect(await at.host.images('builder')).toContain(uuidOf('image of asked-1'));
    expect(daemon.started()).toHaveLength(3);
  });
});

describe('the daemon prunes at the request of an action', () => {
  test('A requested prune runs once under the id of the request, and answers it', async () => {
    const daemon = await startBuilt();
    const jobRequests = [{ action: '43', kind: 'prune', jobId: 'prune-1', isDryRun: true }] as const;
    await at.host.putDesired({ published: [], jobRequests });
    await daemon.advanceUntil(async () => (await at.host.built())?.answered.includes('43') === true);
    await daemon.reconcileTwice();
    const calls = await at.host.calls('prune-clouds');
    expect(calls.map(({ order }) => order)).toMatchObject([
      {
        id: 'prune-1',
        isDryRun: true,
        revisions: [
          { cloudId: 'builder', imageName: NOBLE, deletableIds: [] },
          { cloudId: 'red', imageName: NOBLE },
        ],
      },
    ]);
    expect(await at.host.built()).toMatchObject({ running: [], failures: [] });
  });
});

describe('the daemon makes a preflight at the request of an action', () => {
  test('A preflight runs without a consumer and while the build cloud does not answer', async () => {
    await at.host.remove('cloud/builder/project');
    const jobRequests = [{ action: '44', kind: 'preflight', jobId: 'check-1' }] as const;
    await at.host.putDesired({ consumers: [], role: 'observes', jobRequests });
    const daemon = at.start();
    await daemon.advanceUntil(async () => (await at.host.built())?.answered.includes('44') === true);
    await daemon.reconcileTwice();
    const calls = await at.host.calls('preflight');
    expect(calls.map(({ order }) => order)).toMatchObject([{ id: 'check-1', entries: [{}] }]);
    expect(daemon.started()).toEqual(['preflight all images']);
  });
});

describe('the daemon tries an image at the request of an action', () => {
  test('Two requested trials run one after the other, once each, and answer their actions', async () => {
    const trial = makeTrial({ imageName: NOBLE });
    const request = { kind: 'trial', trial } as const;
    const jobRequests = [
      { ...request, action: '45', jobId: 'trial-1' },
      { ...request, action: '46', jobId: 'trial-2' },
    ];
    await at.host.put('hold-trial');
    await at.host.putDesired({ jobRequests });
    const daemon = at.start();
    await daemon.advanceUntil(async () => (await at.host.calls('trial')).length > 0);
    await daemon.reconcileTwice();
    expect((await at.host.calls('trial')).map(({ order }) => order)).toMatchObject([
      { id: 'trial-1', buildCloud: 'builder', trial },
    ]);
    await at.host.remove('hold-trial');
    const answered = async (): Promise<readonly string[]> => (await at.host.built())?.answered ?? [];
    await daemon.advanceUntil(async () => (await answered()).length === 2);
    await daemon.reconcileTwice();
    const calls = await at.host.calls('trial');
    expect(calls.map(({ order }) => order)).toMatchObject([{ id: 'trial-1' }, { id: 'trial-2' }]);
  });
});

describe('the daemon copies', () => {
  test('A new consumer gets a copy of the existing image instead of a new build', async () => {
    const daemon = await startBuilt();
    await at.host.addCloud('blue', 'blues');
    const consumers = [...at.host.desired.consumers, { relationId: 2, unit: 'blue/0', cloudId: 'blue' }];
    await at.host.putDesired({ consumers });
    await daemon.advanceUntil(async () => (await at.host.images('blue')).length === 1);
    await daemon.reconcileTwice();
    expect(daemon.started().slice(2)).toEqual([`copy ${NOBLE}`]);
  });

  test('A copy that failed during a build is repeated later without a new build', async () => {
    await at.host.put('refuse-red');
    const daemon = at.start();
    await until(async () => (await at.host.built())?.failures.length === 1);
    expect((await at.host.built())?.failures).toMatchObject([
      { kind: 'copy', subject: NOBLE, cloudId: 'red', errorKind: 'denied', message: 'quota exceeded' },
    ]);
    await at.host.remove('refuse-red');
    await daemon.reconcileTwice();
    expect(daemon.started()).toEqual(['prepare noble', `build ${NOBLE}`]);
    await daemon.tick();
    await daemon.tick();
    await until(async () => (await at.host.images('red')).length === 1);
    await daemon.advanceUntil(async () => (await at.host.built())?.failures.length === 0);
    expect(await at.host.calls('build')).toHaveLength(1);
  });
});

test('A copy that succeeds but does not appear in the cloud is repeated at the next tick and not at once', async () => {
  await at.host.put('lose-red');
  const daemon = at.start();
  await daemon.untilDone(`copy ${NOBLE}`);
  await daemon.reconcileTwice();
  await daemon.reconcileTwice();
  expect(daemon.started()).toEqual(['prepare noble', `build ${NOBLE}`, `copy ${NOBLE}`]);
  await daemon.tick();
  await until(() => daemon.started().length === 4);
});

test('Revisions that are no longer published are pruned after the publications are confirmed', async () => {
  const daemon = await startBuilt();
  const [published = ''] = await at.host.images('red');
  for (const buildId of ['a', 'b', 'c']) {
    await at.host.putDesired({ requests: [{ action: buildId, builds: [{ imageName: NOBLE, buildId }] }] });
    await daemon.advanceUntil(async () => (await at.host.built())?.answered.includes(buildId) === true);
  }
  expect(await at.host.calls('prune')).toEqual([]);
  await at.host.putDesired({ published: [{ relationId: 1, imageIds: [published], isConfirmed: true }] });
  await daemon.advanceUntil(async () => (await at.host.images('red')).length === 3);
  expect(await at.host.images('red')).toContain(published);
  await daemon.advanceUntil(async () => (await at.host.images('builder')).length === 2);
});

describe('a build that fails', () => {
  const FAILURE = JSON.stringify({ kind: 'build', type: 'ServerError', message: 'no valid host was found' });

  test('A failed build is reported and not repeated before its back-off ends, even by the next daemon', async () => {
    await at.host.put('fail-build', FAILURE);
    const daemon = at.start();
    await until(async () => (await at.host.built())?.failures.length === 1);
    await daemon.reconcileTwice();
    await daemon.stop();
    const next = at.start();
    await until(() => next.reconcileCount() > 0);
    await next.reconcileTwice();
    expect([daemon, next].flatMap((one) => one.started())).toEqual(['prepare noble', `build ${NOBLE}`]);
    expect((await at.host.built())?.failures).toMatchObject([{ kind: 'build', attempts: 1 }]);
    await at.host.remove('fail-build');
    await next.tick();
    await next.tick();
    await until(async () => (await at.host.images('red')).length === 1);
  });

  test('A failed build is repeated at once when its settings change', async () => {
    await at.host.put('fail-build', FAILURE);
    const daemon = at.start();
    await until(async () => (await at.host.built())?.failures.length === 1);
    await at.host.remove('fail-build');
    await at.host.putDesired({ build: { flavor: 'large' } });
    await daemon.advanceUntil(async () => (await at.host.images('red')).length === 1);
  });

  test('A failed build is in the journal before the next plan', async () => {
    await at.host.put('fail-build', FAILURE);
    const daemon = at.start();
    await until(() => daemon.logged('job failed').length === 1);
    await daemon.reconcileTwice();
    const journal = JSON.parse(await readFile(at.host.paths.journal, 'utf8')) as { failures: object };
    expect(Object.keys(journal.failures)).toEqual([`build ${NOBLE} `]);
  });
});
