import { describe, expect, test } from '@jest/globals';
import { prune } from '../../../src/image-builder/cleanup/prune.ts';
import { OWNER_KEYS, encodeOwner } from '../../../src/model/owner.ts';
import { failureOf } from '../../support/cloud-fixture.ts';
import { OWNER } from '../make-test-tools.ts';
import { useEmulator } from '../use-emulator.ts';
import { uuidOf } from '../../support/uuid-of.ts';

const at = useEmulator();
const request = {
  imageName: 'noble',
  keepRevisions: 1,
  protectedIds: [],
  owner: undefined,
  isDryRun: false,
} as const;
const deletions = () => at.seen('DELETE /image/v2/images/:id');
const imageIds = () => [...at.openstack.state.images.keys()];
const outcomes = async (change: Partial<Parameters<typeof prune>[1]> = {}) =>
  Object.fromEntries(
    (await prune(at.cloud, { ...request, ...change })).map(({ id, outcome }) => [id, outcome]),
  );

describe('a prune', () => {
  test('A prune of a layer deletes the named ids, also the newest, and nothing that is no layer', async () => {
    const imageName = 'noble.layer';
    for (const id of ['one', 'two']) at.add({ id: uuidOf(id), name: imageName, [OWNER_KEYS.kind]: 'layer' });
    at.add({ id: uuidOf('image'), name: imageName, [OWNER_KEYS.kind]: 'runner' });
    const named = { imageName, keepRevisions: 0, deletableIds: [uuidOf('two'), uuidOf('image')] };
    expect(await outcomes(named)).toEqual({ [uuidOf('two')]: 'deleted', [uuidOf('one')]: 'kept' });
    expect(imageIds()).toEqual([uuidOf('one'), uuidOf('image')]);
  });

  test('A prune deletes revisions older than the newest', async () => {
    for (const word of ['old', 'older', 'new']) at.add({ id: uuidOf(word) });
    expect(await outcomes()).toEqual({
      [uuidOf('new')]: 'kept',
      [uuidOf('older')]: 'deleted',
      [uuidOf('old')]: 'deleted',
    });
    expect(imageIds()).toEqual([uuidOf('new')]);
  });

  test('A prune keeps protected, published and unfinished images, base images, layers and images with another name', async () => {
    at.add({ id: uuidOf('protected') });
    at.add({ id: uuidOf('published'), [OWNER_KEYS.published]: 'true' });
    at.add({ id: uuidOf('unfinished'), status: 'saving' });
    at.add({ id: uuidOf('base'), [OWNER_KEYS.kind]: 'base' });
    at.add({ id: uuidOf('layer'), [OWNER_KEYS.kind]: 'layer' });
    at.add({ id: uuidOf('other'), name: 'jammy' });
    at.add({ id: uuidOf('new') });
    const kept = {
      [uuidOf('new')]: 'kept',
      [uuidOf('unfinished')]: 'kept',
      [uuidOf('published')]: 'kept',
      [uuidOf('protected')]: 'kept',
    };
    expect(await outcomes({ protectedIds: [uuidOf('protected')] })).toEqual(kept);
    expect(deletions()).toEqual([]);
  });

  test('Two concurrent prunes after builds of one second delete not more than one of the two images', async () => {
    const ids = [uuidOf('a'), uuidOf('b')];
    for (const id of ids) at.add({ id, created_at: '2026-11-01T00:00:00Z' });
    await Promise.all(ids.map((id) => outcomes({ protectedIds: [id] })));
    expect(imageIds()).not.toEqual([]);
  });

  test('A prune deletes no revision that its order does not name', async () => {
    for (const word of ['oldest', 'old', 'new']) at.add({ id: uuidOf(word) });
    expect(await outcomes({ deletableIds: [uuidOf('new'), uuidOf('oldest'), uuidOf('gone')] })).toEqual({
      ...{ [uuidOf('new')]: 'kept', [uuidOf('old')]: 'kept', [uuidOf('oldest')]: 'deleted' },
    });
  });

  test('A prune for an owner counts and deletes only images of that owner', async () => {
    at.add({ id: uuidOf('mine-old'), ...encodeOwner(OWNER) });
    at.add({ id: uuidOf('theirs'), ...encodeOwner({ ...OWNER, application: 'x' }) });
    at.add({ id: uuidOf('mine'), ...encodeOwner({ ...OWNER, buildId: 'b0' }) });
    at.add({ id: uuidOf('nobodys') });
    expect(await outcomes({ owner: OWNER })).toEqual({
      [uuidOf('mine')]: 'kept',
      [uuidOf('mine-old')]: 'deleted',
    });
  });

  test('A dry run deletes nothing and reports the planned deletions', async () => {
    for (const word of ['old', 'new']) at.add({ id: uuidOf(word) });
    expect(await outcomes({ isDryRun: true })).toEqual({
      [uuidOf('new')]: 'kept',
      [uuidOf('old')]: 'would be deleted',
    });
    expect(deletions()).toEqual([]);
  });

  test('A revision that Glance refuses to delete is reported as failed, and the others are deleted', async () => {
    for (const word of ['older', 'used', 'new']) at.add({ id: uuidOf(word) });
    at.disturb(`DELETE /image/v2/images/${uuidOf('used')}`, { status: 409, body: 'Image used is in use' });
    const results = await prune(at.cloud, request);
    expect(results.map(({ id, outcome }) => [id, outcome])).toEqual([
      [uuidOf('new'), 'kept'],
      [uuidOf('used'), 'failed'],
      [uuidOf('older'), 'deleted'],
    ]);
    expect(results[1]?.reason).toMatch('in use');
  });

  test.each([
    ['is unavailable', { status: 503 }],
    [
      'is incomplete',
      { wrongBody: { images: [{ id: uuidOf('a'), status: 'active' }], next: '/v2/images?marker=zz' } },
    ],
    ['is not a list', { wrongBody: { images: null } }],
  ])('A prune deletes nothing when the image list %s', async (_, answer) => {
    for (const word of ['old', 'new']) at.add({ id: uuidOf(word) });
    at.disturb('GET /image/v2/images', answer, { times: 1 });
    at.disturb('GET /image/v2/images', { status: 403 }, { after: 1 });
    await failureOf(prune(at.cloud, request));
    expect(deletions()).toEqual([]);
  });
});
