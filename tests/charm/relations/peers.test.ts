import { describe, expect, test } from '@jest/globals';
import { uuidOf } from '../../support/uuid-of.ts';
import { addJoinedUnit, leaveScope, writeRemote } from '../../support/juju/model/relations.ts';
import { peersOf, publish, revisionId } from '../support/revisions.ts';
import { useUnit } from '../support/use-unit.ts';

const fixture = useUnit();

/** The images that app/1 publishes, in an order that is not sorted. */
const THEIRS = [uuidOf('new'), uuidOf('old')];

describe('the published images of several units', () => {
  test('A unit reports the images that it publishes to the other units', async () => {
    const { unit } = fixture;
    const { cloudId } = await publish(unit);
    expect(peersOf(unit).ourUnit['published']).toBeUndefined();
    addJoinedUnit(peersOf(unit), 'app/1');
    await unit.hook('update-status');
    expect(peersOf(unit).ourUnit['published']).toBe(JSON.stringify([revisionId(cloudId, 'b3')]));
  });

  test('The images that another unit publishes are in the desired state until the unit leaves', async () => {
    const { unit } = fixture;
    await publish(unit);
    const other = addJoinedUnit(peersOf(unit), 'app/1', { published: JSON.stringify(THEIRS) });
    await unit.hook('update-status');
    expect((await unit.desired())?.otherUnits).toEqual([{ unit: 'app/1', imageIds: THEIRS }]);
    leaveScope(peersOf(unit), 'app/1');
    other.joined = false; // as in relation-departed
    await unit.hook('update-status');
    expect((await unit.desired())?.otherUnits).toEqual([]);
  });

  test.each([
    ['nothing', ''],
    ['no JSON', '['],
    ['no list', '{}'],
    ['an id that is no UUID', '["../x"]'],
    ['too much', `["${'x'.repeat(2 * 1024 * 1024)}"]`],
  ])('The images of a unit that reports %s are not known', async (_, published) => {
    const { unit } = fixture;
    await publish(unit);
    addJoinedUnit(peersOf(unit), 'app/1');
    writeRemote(peersOf(unit), 'app/1', { published });
    expect(await unit.hook('update-status')).toBe(0);
    expect((await unit.desired())?.otherUnits).toMatchObject([{ unit: 'app/1' }]);
    expect((await unit.desired())?.otherUnits[0]?.imageIds).toBeUndefined();
  });
});
