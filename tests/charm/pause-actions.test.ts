import { beforeEach, describe, expect, test } from '@jest/globals';
import { NO_STEERING } from '../../src/model/unit/steering.ts';
import { writeRemoteApp } from '../support/juju/model/relations.ts';
import { built } from './support/facts.ts';
import { BUILDS, NOBLE, peersOf, publish, reportOf, revisionId } from './support/revisions.ts';
import { TestUnit } from './support/unit.ts';
import { configure, imageOf, integrate, useUnit } from './support/use-unit.ts';

const fixture = useUnit();

describe.each(['3.6.28', '4.0.15'])('the actions pause and resume under Juju %s', (jujuVersion) => {
  beforeEach(async () => {
    await fixture.unit.close();
    fixture.unit = await TestUnit.open('app', { jujuVersion });
  });

  test('The action pause without parameters pauses everything, and resume ends it', async () => {
    const { unit } = fixture;
    await publish(unit);
    const paused = await unit.action('pause');
    expect(paused).toMatchObject({ status: 'completed', stdout: '', stderr: '' });
    expect(paused.results).toEqual({
      paused: { all: 'yes' },
      pinned: 'nothing',
      effect: expect.stringContaining('no scheduled build, copy or prune starts'),
    });
    expect((await unit.desired())?.steering).toEqual({ ...NO_STEERING, isPaused: true });
    expect((await unit.action('resume')).results).toEqual({ paused: 'nothing', pinned: 'nothing' });
    expect((await unit.desired())?.steering).toEqual(NO_STEERING);
  });

  test('A paused consumer keeps its published image, and gets the newest one after resume', async () => {
    const { unit } = fixture;
    const { relation, cloudId } = await publish(unit);
    const before = imageOf(relation);
    expect((await unit.action('pause', { consumer: 'consumer' })).results).toMatchObject({
      paused: { consumers: 'consumer' },
    });
    const newer = ['b4', ...BUILDS];
    await unit.report(built({ clouds: [reportOf('builder', newer), reportOf(cloudId, newer)] }));
    await unit.dispatch({ kind: 'own', name: 'built' });
    expect(imageOf(relation)).toBe(before);
    expect((await unit.desired())?.published).toMatchObject([{ isConfirmed: true, imageIds: [before] }]);
    await unit.action('resume', { consumer: 'consumer' });
    expect(imageOf(relation)).toBe(revisionId(cloudId, 'b4'));
  });

  test('The pauses are in the databag of the application, and another unit takes them over from there', async () => {
    const { unit } = fixture;
    await publish(unit);
    await unit.action('pause', { image: NOBLE });
    const { steering = '' } = peersOf(unit).ourApp;
    expect(JSON.parse(steering)).toEqual({ ...NO_STEERING, pausedImages: [NOBLE] });
    unit.model.leader = false;
    writeRemoteApp(peersOf(unit), { steering: JSON.stringify({ ...NO_STEERING, isPaused: true }) });
    await unit.dispatch({ kind: 'relation', change: 'changed', relationId: 0 });
    expect((await unit.desired())?.steering).toEqual({ ...NO_STEERING, isPaused: true });
  });

  test.each(['pause', 'resume', 'pin', 'unpin', 'rollback'])(
    'The action %s fails on a unit that is not the leader and names the command to run',
    async (name) => {
      const { unit } = fixture;
      await publish(unit);
      unit.model.leader = false;
      const task = await unit.action(name, name.length > 6 || name.includes('pin') ? { image: NOBLE } : {});
      expect(task).toMatchObject({
        status: 'failed',
        message: `this unit is not the leader: use juju run app/leader ${name}`,
      });
    },
  );

  test.each([
    ['pause', { image: 'x' }, `image: expected one of ${NOBLE}; got x`],
    ['pause', { consumer: 'x' }, 'consumer: expected one of consumer; got x'],
    ['pause', { image: NOBLE, consumer: 'x' }, 'image, consumer: expected at most one of them, got both'],
    ['resume', { image: NOBLE }, `image: expected one that is paused (none is), got ${NOBLE}`],
    ['resume', { consumer: 'x' }, 'consumer: expected one that is paused (none is), got x'],
    ['unpin', { image: NOBLE }, `image: expected one that is pinned (none is), got ${NOBLE}`],
    ['rollback', { image: 'x' }, `image: expected one of ${NOBLE}; got x`],
  ])('The action %s with %j fails and writes nothing', async (name, params, message) => {
    const { unit } = fixture;
    await publish(unit);
    expect(await unit.action(name, params)).toMatchObject({ status: 'failed', message });
    expect(peersOf(unit).ourApp).toEqual({});
  });

  test('One consumer cannot be resumed while everything is paused', async () => {
    const { unit } = fixture;
    await publish(unit);
    await unit.action('pause');
    expect((await unit.action('resume', { consumer: 'consumer' })).message).toBe(
      'everything is paused: resume it with juju run app/leader resume',
    );
  });

  test('A databag that cannot be read leaves the last pauses and pins in force and is logged', async () => {
    const { unit } = fixture;
    await publish(unit);
    await unit.action('pause', { image: NOBLE });
    const before = (await unit.desired())?.steering;
    for (const text of ['{', JSON.stringify({ ...NO_STEERING, pausedImages: Array(101).fill('x') })]) {
      peersOf(unit).ourApp['steering'] = text;
      expect(await unit.hook('config-changed')).toBe(0);
      expect((await unit.desired())?.steering).toEqual(before);
    }
    expect(unit.model.log.at(-1)?.message).toMatch(/pauses and pins cannot be read.*at most 100 entries/);
  });

  test('A change whose databag is not written is not in force after the next event', async () => {
    const { unit } = fixture;
    await publish(unit);
    unit.model.failNextFlush = 'controller is down';
    expect((await unit.action('pause')).status).toBe('failed');
    await unit.hook('update-status');
    expect((await unit.desired())?.steering).toEqual(NO_STEERING);
  });

  test('Before Juju has created the peer relation, the action pause fails', async () => {
    const { unit } = fixture;
    configure(unit);
    integrate(unit);
    expect((await unit.action('pause')).message).toMatch(/^Juju has not created the peer relation/);
  });
});
