import { beforeEach, describe, expect, test } from '@jest/globals';
import { NO_STEERING } from '../../src/model/unit/steering.ts';
import { built } from './support/facts.ts';
import { BUILDS, NOBLE, publish, reportOf, revisionId } from './support/revisions.ts';
import { TestUnit } from './support/unit.ts';
import { imageOf, useUnit } from './support/use-unit.ts';

const fixture = useUnit();

describe.each(['3.6.28', '4.0.15'])('the actions pin, unpin and rollback under Juju %s', (jujuVersion) => {
  beforeEach(async () => {
    await fixture.unit.close();
    fixture.unit = await TestUnit.open('app', { jujuVersion });
  });

  test('A rollback pins the revision before the published one, and each further one goes back again', async () => {
    const { unit } = fixture;
    const { relation, cloudId } = await publish(unit);
    const first = await unit.action('rollback', { image: NOBLE });
    expect(first.results).toEqual({
      ...{ image: NOBLE, 'build-id': 'b2', created: '2026-11-24T10:00:00Z', replaces: 'b3' },
      ...{ consumers: { consumer: 'in seconds' }, until: `juju run app/leader unpin image=${NOBLE}` },
      ...{ paused: 'nothing', pinned: { [NOBLE]: 'b2' } },
    });
    expect((await unit.desired())?.steering.pins).toEqual([{ imageName: NOBLE, buildId: 'b2' }]);
    await unit.report(
      built({ clouds: [reportOf('builder', BUILDS, 'b2'), reportOf(cloudId, BUILDS, 'b2')] }),
    );
    await unit.dispatch({ kind: 'own', name: 'built' });
    expect(imageOf(relation)).toBe(revisionId(cloudId, 'b2'));
    expect((await unit.action('list-images')).results).toMatchObject({
      images: { [NOBLE]: { 'build-cloud': { pinned: 'yes' }, 'consumer-0': { pinned: 'yes' } } },
    });
    expect((await unit.action('rollback', { image: NOBLE })).results).toMatchObject({
      'build-id': 'b1',
      replaces: 'b2',
    });
    expect((await unit.action('rollback', { image: NOBLE })).message).toBe(
      `${NOBLE} has no revision before b1: the option revision-history-limit says how many are kept`,
    );
    const unpinned = await unit.action('unpin', { image: NOBLE });
    expect(unpinned.results).toMatchObject({ image: NOBLE, unpinned: 'b1', pinned: 'nothing' });
    expect((await unit.desired())?.steering).toEqual(NO_STEERING);
  });

  test('The action pin accepts the id of an image in any cloud, and says which consumer waits for a copy', async () => {
    const { unit } = fixture;
    const { cloudId } = await publish(unit);
    await unit.report(built({ clouds: [reportOf('builder', BUILDS), reportOf(cloudId, ['b3'])] }));
    const task = await unit.action('pin', { image: NOBLE, revision: revisionId('builder', 'b1') });
    expect(task.results).toMatchObject({ 'build-id': 'b1', consumers: { consumer: 'after it is copied' } });
    expect((await unit.action('pin', { image: NOBLE })).results).toMatchObject({ 'build-id': 'b1' });
  });

  test('A revision that is gone is never pinned', async () => {
    const { unit } = fixture;
    const { cloudId } = await publish(unit);
    await unit.report(built({ clouds: [reportOf('builder', ['b3']), reportOf(cloudId, BUILDS)] }));
    expect((await unit.action('pin', { image: NOBLE, revision: 'b2' })).message).toBe(
      `revision: expected the id of a build of ${NOBLE} whose image still exists (b3), or of such an image; got b2`,
    );
    const task = await unit.action('rollback', { image: NOBLE });
    expect(task).toMatchObject({
      status: 'failed',
      message: expect.stringContaining('no revision before b3'),
    });
    expect((await unit.desired())?.steering.pins).toEqual([]);
  });

  test('While the build cloud does not answer, only a revision that every consumer has is pinned', async () => {
    const { unit } = fixture;
    const { cloudId } = await publish(unit);
    const failure = { kind: 'unavailable', type: '', message: 'no answer' } as const;
    const silent = { ...reportOf('builder', BUILDS), failure };
    await unit.report(built({ clouds: [silent, reportOf(cloudId, ['b3', 'b2'])] }));
    expect((await unit.action('pin', { image: NOBLE, revision: 'b1' })).message).toMatch(
      /^the build cloud does not answer, and not every consumer has a copy/,
    );
    expect((await unit.action('rollback', { image: NOBLE })).status).toBe('completed');
  });
});
