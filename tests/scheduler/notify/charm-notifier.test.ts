import { describe, expect, test } from '@jest/globals';
import { type TestDaemon, until, useDaemons } from '../support/daemon-fixture.ts';

const at = useDaemons();
const NOBLE = 'app-noble-x64';

/** A daemon that has built, told so, and has nothing more to tell. */
async function startQuiet(): Promise<TestDaemon> {
  const daemon = at.start();
  await daemon.untilDone(`build ${NOBLE}`);
  await daemon.settle();
  await until(() => daemon.told('the charm was dispatched').length > 0);
  await daemon.settle();
  return daemon;
}

function entered(daemon: TestDaemon): number {
  return daemon.told('the charm was dispatched').length;
}

describe('the charm is dispatched', () => {
  test('once for each generation whose publications are to be read back', async () => {
    const daemon = await startQuiet();
    const before = entered(daemon);
    await at.host.putDesired({ published: [{ relationId: 1, imageIds: ['i1'], isConfirmed: false }] });
    await daemon.passUntil(() => entered(daemon) === before + 1);
    await daemon.tick();
    await daemon.tick();
    expect(entered(daemon)).toBe(before + 1);
    expect(daemon.told('the charm was dispatched').at(-1)?.fields).toEqual({
      why: 'publications to read back',
    });
    await at.host.putDesired({ published: [{ relationId: 1, imageIds: ['i2'], isConfirmed: false }] });
    await daemon.passUntil(() => entered(daemon) === before + 2);
  });

  test('not when there is no news', async () => {
    const daemon = await startQuiet();
    const before = entered(daemon);
    await daemon.settle();
    await daemon.tick();
    await daemon.tick();
    expect(entered(daemon)).toBe(before);
  });

  test('once at a time, and once more for all that came meanwhile', async () => {
    await at.host.scriptJujuExec('hang');
    const daemon = at.start();
    await until(async () => (await at.host.dispatches('built')) === 1);
    await daemon.untilDone(`build ${NOBLE}`);
    await daemon.settle();
    expect(await at.host.dispatches('built')).toBe(1);
    await at.host.scriptJujuExec('answer');
    await until(() => entered(daemon) === 2);
    await daemon.settle();
    expect(await at.host.dispatches('built')).toBe(2);
  });

  test('again at the next occasion when juju-exec failed', async () => {
    await at.host.scriptJujuExec('fail');
    const daemon = at.start();
    await daemon.untilDone(`build ${NOBLE}`);
    await daemon.settle();
    expect(entered(daemon)).toBe(0);
    expect(daemon.told('the charm was not dispatched').length).toBeGreaterThan(0);
    await at.host.scriptJujuExec('answer');
    await daemon.tick();
    await until(() => entered(daemon) === 1);
  });

  test('with the steps of jobs, at most every five minutes', async () => {
    await at.host.put('hold-build');
    const daemon = at.start();
    await until(async () => (await at.host.calls('build')).length === 1);
    await daemon.settle();
    await until(() => entered(daemon) > 0);
    const before = entered(daemon);
    await at.host.tellStep('wait for server');
    await daemon.settle();
    expect((await at.host.built())?.running[0]?.step).toBe('wait for server');
    expect(entered(daemon)).toBe(before);
    await at.clock.advance(60_000);
    await daemon.settle();
    expect(entered(daemon)).toBe(before);
    await at.clock.advance(240_000);
    await until(() => entered(daemon) === before + 1);
    expect(daemon.told('the charm was dispatched').at(-1)?.fields).toEqual({ why: 'steps' });
  });
});

describe('a tick', () => {
  test('has the charm take up what is new first', async () => {
    const daemon = await startQuiet();
    const before = await at.host.dispatches('run');
    await daemon.tick();
    expect(await at.host.dispatches('run')).toBe(before + 1);
  });

  test('asks once when it comes twice', async () => {
    const daemon = await startQuiet();
    const before = await at.host.dispatches('run');
    await Promise.all([daemon.onTick(), daemon.onTick()]);
    expect(await at.host.dispatches('run')).toBe(before + 1);
  });

  test('leads to a plan although juju-exec hangs', async () => {
    const daemon = await startQuiet();
    await at.host.scriptJujuExec('hang');
    await at.clock.advance(7 * 3_600_000);
    await daemon.tick();
    await until(async () => (await at.host.images('red')).length === 2);
  });
});
