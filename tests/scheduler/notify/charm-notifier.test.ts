import { describe, expect, test } from '@jest/globals';
import { type TestDaemon, until, useDaemons } from '../support/daemon-fixture.ts';
import { uuidOf } from '../../support/uuid-of.ts';

const at = useDaemons();
const NOBLE = 'app-noble-x64';

/** Starts a daemon and waits until it has built, has dispatched the charm and has nothing more to report. */
async function startIdle(): Promise<TestDaemon> {
  const daemon = at.start();
  await daemon.untilDone(`build ${NOBLE}`);
  await daemon.reconcileTwice();
  await until(() => daemon.logged('the charm was dispatched').length > 0);
  await daemon.reconcileTwice();
  return daemon;
}

function countDispatches(daemon: TestDaemon): number {
  return daemon.logged('the charm was dispatched').length;
}

describe('the event built', () => {
  test('The charm is dispatched once for each generation with publications to confirm', async () => {
    const daemon = await startIdle();
    const before = countDispatches(daemon);
    await at.host.putDesired({
      published: [{ relationId: 1, imageIds: [uuidOf('i1')], isConfirmed: false }],
    });
    await daemon.advanceUntil(() => countDispatches(daemon) === before + 1);
    await daemon.tick();
    await daemon.tick();
    expect(countDispatches(daemon)).toBe(before + 1);
    expect(daemon.logged('the charm was dispatched').at(-1)?.fields).toEqual({
      reason: 'publications to confirm',
    });
    await at.host.putDesired({
      published: [{ relationId: 1, imageIds: [uuidOf('i2')], isConfirmed: false }],
    });
    await daemon.advanceUntil(() => countDispatches(daemon) === before + 2);
  });

  test('The charm is not dispatched when nothing changed', async () => {
    const daemon = await startIdle();
    const before = countDispatches(daemon);
    await daemon.reconcileTwice();
    await daemon.tick();
    await daemon.tick();
    expect(countDispatches(daemon)).toBe(before);
  });

  test('Changes during a dispatch cause one more dispatch after it', async () => {
    await at.host.scriptJujuExec('hang');
    const daemon = at.start();
    await until(async () => (await at.host.dispatches('built')) === 1);
    await daemon.untilDone(`build ${NOBLE}`);
    await daemon.reconcileTwice();
    expect(await at.host.dispatches('built')).toBe(1);
    await at.host.scriptJujuExec('answer');
    await until(() => countDispatches(daemon) === 2);
    await daemon.reconcileTwice();
    expect(await at.host.dispatches('built')).toBe(2);
  });

  test('A failed dispatch is repeated at the next report', async () => {
    await at.host.scriptJujuExec('fail');
    const daemon = at.start();
    await daemon.untilDone(`build ${NOBLE}`);
    await daemon.reconcileTwice();
    expect(countDispatches(daemon)).toBe(0);
    expect(daemon.logged('the charm was not dispatched').length).toBeGreaterThan(0);
    await at.host.scriptJujuExec('answer');
    await daemon.tick();
    await until(() => countDispatches(daemon) === 1);
  });

  test('Changed steps of jobs dispatch the charm at most every five minutes', async () => {
    await at.host.put('hold-build');
    const daemon = at.start();
    await until(async () => (await at.host.calls('build')).length === 1);
    await daemon.reconcileTwice();
    await until(() => countDispatches(daemon) > 0);
    const before = countDispatches(daemon);
    await at.host.reportStep('wait for server');
    await daemon.reconcileTwice();
    expect((await at.host.built())?.running[0]?.step).toBe('wait for server');
    expect(countDispatches(daemon)).toBe(before);
    await at.clock.advance(60_000);
    await daemon.reconcileTwice();
    expect(countDispatches(daemon)).toBe(before);
    await at.clock.advance(240_000);
    await until(() => countDispatches(daemon) === before + 1);
    expect(daemon.logged('the charm was dispatched').at(-1)?.fields).toEqual({ reason: 'steps' });
  });
});

describe('a tick', () => {
  test('A tick dispatches the charm with the event run', async () => {
    const daemon = await startIdle();
    const before = await at.host.dispatches('run');
    await daemon.tick();
    expect(await at.host.dispatches('run')).toBe(before + 1);
  });

  test('Two ticks at once dispatch the charm once', async () => {
    const daemon = await startIdle();
    const before = await at.host.dispatches('run');
    await Promise.all([daemon.onTick(), daemon.onTick()]);
    expect(await at.host.dispatches('run')).toBe(before + 1);
  });

  test('A tick leads to a plan although juju-exec hangs', async () => {
    const daemon = await startIdle();
    await at.host.scriptJujuExec('hang');
    await at.clock.advance(7 * 3_600_000);
    await daemon.tick();
    await until(async () => (await at.host.images('red')).length === 2);
  });
});
