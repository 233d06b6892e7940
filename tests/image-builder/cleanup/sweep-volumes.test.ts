import { beforeEach, describe, expect, test } from '@jest/globals';
import { sweepLeftovers } from '../../../src/image-builder/cleanup/sweep.ts';
import { OWNER_KEYS, type Owner, encodeOwner } from '../../../src/model/owner.ts';
import { addVolume } from '../../support/openstack/cinder/volumes.ts';
import type { VolumeRecord } from '../../support/openstack/cloud-state.ts';
import { OWNER, useTestTools } from '../make-test-tools.ts';
import { useEmulator } from '../use-emulator.ts';
import { uuidOf } from '../../support/uuid-of.ts';

const at = useEmulator();
const makeTools = useTestTools(at);
const FOREIGN: Owner = { ...OWNER, application: 'other' };
const RECENT = '2026-11-21T07:00:00.000000';
const LONG_AGO = '2026-11-01T08:00:00.000000';
const LIST = 'GET /volume/v3/:project/volumes/detail';

/** Adds a volume as a build leaves it. */
const leave = (
  name: string,
  process: string,
  { owner = OWNER, status = 'available', createdAt = RECENT } = {},
): VolumeRecord => {
  const metadata = {
    ...encodeOwner(owner),
    [OWNER_KEYS.imageName]: 'noble',
    [OWNER_KEYS.process]: process,
  };
  const { state } = at.openstack;
  const base = at.add({ id: uuidOf(`base of ${name}`), name: 'base' });
  const spec = { name, size: 20, imageRef: base.id, metadata };
  const volume = addVolume(state, at.openstack.account('builder'), spec, base);
  volume.shown['created_at'] = createdAt;
  volume.shown.status = status;
  return volume;
};
const namesLeft = (): readonly unknown[] =>
  [...at.openstack.state.volumes.values()].map(({ shown }) => shown['name']);

describe('a sweep of volumes', () => {
  beforeEach(() => at.openstack.addBlockStorage());

  test('A sweep deletes the volumes of dead builds, and waits for one that Cinder is busy with', async () => {
    const idle = leave('idle', 'dead', { status: 'error' });
    const busy = leave('busy', 'dead', { status: 'creating' });
    const swept = await sweepLeftovers(at.cloud, makeTools().tools);
    expect([...swept].sort()).toEqual([`volume busy (${busy.shown.id})`, `volume idle (${idle.shown.id})`]);
    expect(namesLeft()).toEqual([]);
  });

  test('A sweep keeps volumes of live builds, of other owners and of recent builds elsewhere', async () => {
    leave('alive', 'alive');
    leave('foreign', 'dead', { owner: FOREIGN });
    leave('far', 'far');
    leave('old', 'far', { createdAt: LONG_AGO });
    await sweepLeftovers(at.cloud, makeTools().tools);
    expect(namesLeft()).toEqual(['alive', 'foreign', 'far']);
  });

  test('A sweep deletes the unfinished image of a volume even if the image has no owner', async () => {
    leave('v1', 'dead');
    at.add({ id: uuidOf('bare'), name: 'noble.building-b1', status: 'saving' });
    at.add({ id: uuidOf('other'), name: 'noble.building-b2', status: 'saving' });
    await sweepLeftovers(at.cloud, makeTools().tools);
    expect(at.images.has(uuidOf('bare'))).toBe(false);
    expect(at.images.has(uuidOf('other'))).toBe(true);
    expect(namesLeft()).toEqual([]);
  });

  test('A sweep keeps the volume of a kept server until the time of the server has passed', async () => {
    leave('v1', 'dead');
    const metadata = {
      ...encodeOwner(OWNER),
      [OWNER_KEYS.process]: 'dead',
      [OWNER_KEYS.keptUntil]: '2026-11-22T08:00:00.000Z',
    };
    at.openstack.addServer({ id: uuidOf('s1'), metadata });
    const { tools } = makeTools();
    await sweepLeftovers(at.cloud, tools);
    expect(namesLeft()).toEqual(['v1']);
    at.clock.advance(25 * 3600 * 1000);
    await sweepLeftovers(at.cloud, tools);
    expect(namesLeft()).toEqual([]);
  });

  test('A volume that Cinder cannot delete causes a warning', async () => {
    const { shown } = leave('v1', 'dead', { status: 'error_deleting' });
    at.openstack.state.clock.close(); // it never becomes available
    const { tools, warnings } = makeTools();
    expect(await sweepLeftovers(at.cloud, tools)).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining(`left behind: volume v1 (${shown.id}): `)]);
  });

  test('A failure of Cinder causes a warning, and everything else is swept', async () => {
    at.disturb(LIST, { status: 403, body: { forbidden: { code: 403, message: 'not allowed' } } });
    const metadata = { ...encodeOwner(OWNER), [OWNER_KEYS.process]: 'dead' };
    at.openstack.addServer({ id: uuidOf('s1'), name: 'n', metadata });
    const { tools, warnings } = makeTools();
    expect(await sweepLeftovers(at.cloud, tools)).toEqual([`server n (${uuidOf('s1')})`]);
    expect(warnings).toEqual([expect.stringMatching(/^volumes were not swept: .*not allowed/)]);
  });
});

test('A sweep of a cloud without block storage neither asks for volumes nor warns', async () => {
  const { tools, warnings } = makeTools();
  await sweepLeftovers(at.cloud, tools);
  expect([warnings, at.calls().filter((call) => call.includes('volume'))]).toEqual([[], []]);
});
