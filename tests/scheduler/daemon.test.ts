import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import type { BuildRequest } from '../../src/model/desired-state.ts';
import { type TestDaemon, until, useDaemons } from './support/daemon-fixture.ts';

const at = useDaemons();
const NOBLE = 'app-noble-x64';

/** A daemon that has built what was missing. */
async function startBuilt(): Promise<TestDaemon> {
  const daemon = at.start();
  await daemon.untilDone(`build ${NOBLE}`);
  await daemon.settle();
  expect(daemon.started()).toEqual(['prepare noble', `build ${NOBLE}`]);
  return daemon;
}

describe('the daemon builds', () => {
  test('what is missing, once, and tells the charm where it is', async () => {
    const daemon = await startBuilt();
    const [id = ''] = await at.host.images('red');
    const built = await at.host.built();
    expect(built?.clouds[1]).toMatchObject({ cloudId: 'red', images: [{ imageId: id }], activeIds: [id] });
    expect(built).toMatchObject({ running: [], failures: [], batch: { done: 0, total: 0 } });
    expect(daemon.told('job done')).toHaveLength(2);
    expect(await at.host.dispatches('built')).toBeGreaterThan(0);
  });

  test('an image once, however many ticks come at once', async () => {
    await at.host.put('hold-build');
    const daemon = at.start();
    await until(async () => (await at.host.calls('build')).length === 1);
    await Promise.all([daemon.onTick(), daemon.onTick(), daemon.onTick()]);
    await daemon.settle();
    expect(await at.host.calls('build')).toHaveLength(1);
    expect((await at.host.built())?.running).toMatchObject([{ kind: 'build', step: 'do build' }]);
    expect((await at.host.built())?.batch).toEqual({ done: 0, total: 1 });
  });

  test('what a changed desired.json asks for, within seconds', async () => {
    const daemon = await startBuilt();
    const since = at.clock.now();
    await at.host.putDesired({ images: { bases: ['noble', 'jammy'] } });
    await daemon.passUntil(() => daemon.started().includes('prepare jammy'));
    expect(at.clock.now() - since).toBeLessThan(10_000);
    await until(() => daemon.started().includes('build app-jammy-x64'));
  });

  test('by a changed schedule also', async () => {
    const daemon = await startBuilt();
    await at.clock.advance(2 * 3_600_000);
    await at.host.put('schedule.json', JSON.stringify({ unit: 'app/0', intervalHours: 1 }));
    await daemon.passUntil(() => daemon.started().filter((job) => job === `build ${NOBLE}`).length === 2);
  });

  test('once more when the clock is a day ahead, and no more than that', async () => {
    await (await startBuilt()).stop();
    const ahead = at.start(24);
    await ahead.untilDone(`build ${NOBLE}`);
    await ahead.settle();
    await ahead.stop();
    const again = at.start(24);
    await until(() => again.rounds() > 0);
    await again.settle();
    expect(again.started()).toEqual([]);
    expect(ahead.started()).toEqual(['prepare noble', `build ${NOBLE}`]);
  });

  test('what an action asks for, under the id that it was told, and says when it is answered', async () => {
    const daemon = await startBuilt();
    const requests: BuildRequest[] = [{ action: '42', builds: [{ imageName: NOBLE, buildId: 'asked-1' }] }];
    await at.host.putDesired({ requests });
    await daemon.passUntil(async () => (await at.host.built())?.answered.includes('42') === true);
    await daemon.settle();
    expect(await at.host.images('builder')).toContain('img-asked-1');
    expect(daemon.started()).toHaveLength(3);
  });
});

describe('the daemon copies', () => {
  test('the image to a new consumer instead of building it again', async () => {
    const daemon = await startBuilt();
    await at.host.addCloud('blue', 'blues');
    const consumers = [...at.host.desired.consumers, { relationId: 2, unit: 'blue/0', cloudId: 'blue' }];
    await at.host.putDesired({ consumers });
    await daemon.passUntil(async () => (await at.host.images('blue')).length === 1);
    await daemon.settle();
    expect(daemon.started().slice(2)).toEqual([`copy ${NOBLE}`]);
  });

  test('again later what did not arrive with its build, which counts as built', async () => {
    await at.host.put('refuse-red');
    const daemon = at.start();
    await until(async () => (await at.host.built())?.failures.length === 1);
    expect((await at.host.built())?.failures).toMatchObject([
      { kind: 'copy', subject: NOBLE, cloudId: 'red', errorKind: 'denied', message: 'quota exceeded' },
    ]);
    await at.host.remove('refuse-red');
    await daemon.settle();
    expect(daemon.started()).toEqual(['prepare noble', `build ${NOBLE}`]);
    await daemon.tick();
    await daemon.tick();
    await until(async () => (await at.host.images('red')).length === 1);
    await daemon.passUntil(async () => (await at.host.built())?.failures.length === 0);
    expect(await at.host.calls('build')).toHaveLength(1);
  });
});

test('a copy that comes through and is nowhere to be seen is made again at the next tick, not at once', async () => {
  await at.host.put('lose-red');
  const daemon = at.start();
  await daemon.untilDone(`copy ${NOBLE}`);
  await daemon.settle();
  await daemon.settle();
  expect(daemon.started()).toEqual(['prepare noble', `build ${NOBLE}`, `copy ${NOBLE}`]);
  await daemon.tick();
  await until(() => daemon.started().length === 4);
});

test('revisions that nobody publishes any more are pruned when publications were read back', async () => {
  const daemon = await startBuilt();
  const [published = ''] = await at.host.images('red');
  for (const buildId of ['a', 'b', 'c']) {
    await at.host.putDesired({ requests: [{ action: buildId, builds: [{ imageName: NOBLE, buildId }] }] });
    await daemon.passUntil(async () => (await at.host.built())?.answered.includes(buildId) === true);
  }
  expect(await at.host.calls('prune')).toEqual([]);
  await at.host.putDesired({ published: [{ relationId: 1, imageIds: [published], isConfirmed: true }] });
  await daemon.passUntil(async () => (await at.host.images('red')).length === 3);
  expect(await at.host.images('red')).toContain(published);
  await daemon.passUntil(async () => (await at.host.images('builder')).length === 2);
});

describe('a build that fails', () => {
  const FAILURE = JSON.stringify({ kind: 'build', type: 'ServerError', message: 'no valid host was found' });

  test('is told, and not tried again before its time, also by the next daemon', async () => {
    await at.host.put('fail-build', FAILURE);
    const daemon = at.start();
    await until(async () => (await at.host.built())?.failures.length === 1);
    await daemon.settle();
    await daemon.stop();
    const next = at.start();
    await until(() => next.rounds() > 0);
    await next.settle();
    expect([daemon, next].flatMap((one) => one.started())).toEqual(['prepare noble', `build ${NOBLE}`]);
    expect((await at.host.built())?.failures).toMatchObject([{ kind: 'build', attempts: 1 }]);
    await at.host.remove('fail-build');
    await next.tick();
    await next.tick();
    await until(async () => (await at.host.images('red')).length === 1);
  });

  test('is tried at once under other settings', async () => {
    await at.host.put('fail-build', FAILURE);
    const daemon = at.start();
    await until(async () => (await at.host.built())?.failures.length === 1);
    await at.host.remove('fail-build');
    await at.host.putDesired({ build: { flavor: 'large' } });
    await daemon.passUntil(async () => (await at.host.images('red')).length === 1);
  });

  test('leaves its end in the journal before the next plan', async () => {
    await at.host.put('fail-build', FAILURE);
    const daemon = at.start();
    await until(() => daemon.told('job failed').length === 1);
    await daemon.settle();
    const journal = JSON.parse(await readFile(at.host.paths.journal, 'utf8')) as { failures: object };
    expect(Object.keys(journal.failures)).toEqual([`build ${NOBLE} `]);
  });
});
