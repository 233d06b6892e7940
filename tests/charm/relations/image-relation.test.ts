import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { addJoinedUnit } from '../../support/juju/model/relations.ts';
import { built, consumerDatabag, report } from '../support/facts.ts';
import { deploy, imageOf, integrate, useUnit } from '../support/use-unit.ts';
import { uuidOf } from '../../support/uuid-of.ts';

const fixture = useUnit();

describe('a relation', () => {
  test('A relation gets the image of its own cloud, and invalid credentials affect only their own relation', async () => {
    const { unit } = fixture;
    const { relation } = await deploy(unit);
    const other = integrate(unit, 'other', consumerDatabag({ auth_url: 'https://k2.example.com/v3' }));
    const refused = integrate(unit, 'wrong', consumerDatabag({ password: 'wrong' }));
    await unit.hook('update-status');
    const [one = '', two = '', three = ''] = await unit.cloudIds();
    const failure = { kind: 'denied', type: '', message: 'HTTP 401' } as const;
    await unit.report(
      built({
        clouds: [
          report(one, { noble: uuidOf('n1') }),
          report(two, { noble: uuidOf('m1') }),
          report(three, {}, { failure }),
        ],
      }),
    );
    await unit.hook('update-status');
    expect([relation, other, refused].map(imageOf)).toEqual([uuidOf('n1'), uuidOf('m1'), undefined]);
    expect(unit.status).toMatch(/^active: wrong is refused by its cloud/);
  });

  test('A broken relation is not written to and leaves the desired state', async () => {
    const { unit } = fixture;
    const { relation, cloudId } = await deploy(unit);
    await unit.report(built({ clouds: [report(cloudId, { noble: uuidOf('n1') })] }));
    expect(await unit.dispatch({ kind: 'relation', change: 'broken', relationId: relation.id })).toBe(0);
    expect(imageOf(relation)).toBeUndefined();
    expect(await unit.desired()).toMatchObject({ published: [], consumers: [] });
    expect(unit.status).toMatch(/^blocked: integrate/);
  });

  test('A unit that departs and joins again gets its image again', async () => {
    const { unit } = fixture;
    const { relation, cloudId } = await deploy(unit);
    await unit.report(built({ clouds: [report(cloudId, { noble: uuidOf('n1') })] }));
    await unit.hook('update-status');
    relation.remoteUnits.clear();
    await unit.hook('update-status');
    expect(await unit.cloudIds()).toEqual([]);
    expect(await readFile(unit.paths.cloudsYaml, 'utf8')).not.toContain('runners');
    expect(imageOf(relation)).toBe(uuidOf('n1'));
    await unit.report(built({ clouds: [] }));
    addJoinedUnit(relation, 'consumer/0', consumerDatabag());
    await unit.hook('update-status');
    expect(await unit.cloudIds()).toEqual([cloudId]);
    await unit.report(built({ clouds: [report(cloudId, { noble: uuidOf('n2') })] }));
    await unit.hook('update-status');
    expect(imageOf(relation)).toBe(uuidOf('n2'));
  });

  test('A failed write to a relation is repeated by the next hook', async () => {
    const { unit } = fixture;
    const { relation, cloudId } = await deploy(unit);
    await unit.report(built({ clouds: [report(cloudId, { noble: uuidOf('n1') })] }));
    unit.model.failNextFlush = 'connection lost';
    await unit.hook('update-status');
    expect(imageOf(relation)).toBeUndefined();
    expect((await unit.desired())?.published).toEqual([
      { relationId: 1, imageIds: [uuidOf('n1')], isConfirmed: false },
    ]);
    await unit.hook('update-status');
    expect(imageOf(relation)).toBe(uuidOf('n1'));
  });
});
