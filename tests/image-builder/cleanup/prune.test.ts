import { describe, expect, test } from '@jest/globals';
import { prune } from '../../../src/image-builder/cleanup/prune.ts';
import { OWNER_KEYS, encodeOwner } from '../../../src/model/owner.ts';
import { failureOf } from '../../support/cloud-fixture.ts';
import { OWNER } from '../make-test-tools.ts';
import { useEmulator } from '../use-emulator.ts';

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
  test('A prune deletes revisions older than the newest', async () => {
    for (const id of ['old', 'older', 'new']) at.add({ id });
    expect(await outcomes()).toEqual({ new: 'kept', older: 'deleted', old: 'deleted' });
    expect(imageIds()).toEqual(['new']);
  });

  test('A prune keeps protected, published and unfinished images, base images and images with another name', async () => {
    at.add({ id: 'protected' });
    at.add({ id: 'published', [OWNER_KEYS.published]: 'true' });
    at.add({ id: 'unfinished', status: 'saving' });
    at.add({ id: 'base', [OWNER_KEYS.kind]: 'base' });
    at.add({ id: 'other', name: 'jammy' });
    at.add({ id: 'new' });
    const kept = { new: 'kept', unfinished: 'kept', published: 'kept', protected: 'kept' };
    expect(await outcomes({ protectedIds: ['protected'] })).toEqual(kept);
    expect(deletions()).toEqual([]);
  });

  test('A prune for an owner counts and deletes only images of that owner', async () => {
    at.add({ id: 'mine-old', ...encodeOwner(OWNER) });
    at.add({ id: 'theirs', ...encodeOwner({ ...OWNER, application: 'x' }) });
    at.add({ id: 'mine', ...encodeOwner({ ...OWNER, buildId: 'b0' }) });
    at.add({ id: 'nobodys' });
    expect(await outcomes({ owner: OWNER })).toEqual({ mine: 'kept', 'mine-old': 'deleted' });
  });

  test('A dry run deletes nothing and reports the planned deletions', async () => {
    for (const id of ['old', 'new']) at.add({ id });
    expect(await outcomes({ isDryRun: true })).toEqual({ new: 'kept', old: 'would be deleted' });
    expect(deletions()).toEqual([]);
  });

  test('A revision that Glance refuses to delete is reported as failed, and the others are deleted', async () => {
    for (const id of ['older', 'used', 'new']) at.add({ id });
    at.disturb('DELETE /image/v2/images/used', { status: 409, body: 'Image used is in use' });
    const results = await prune(at.cloud, request);
    expect(results.map(({ id, outcome }) => [id, outcome])).toEqual([
      ['new', 'kept'],
      ['used', 'failed'],
      ['older', 'deleted'],
    ]);
    expect(results[1]?.reason).toMatch('in use');
  });

  test.each([
    ['is unavailable', { status: 503 }],
    [
      'is incomplete',
      { wrongBody: { images: [{ id: 'a', status: 'active' }], next: '/v2/images?marker=zz' } },
    ],
    ['is not a list', { wrongBody: { images: null } }],
  ])('A prune deletes nothing when the image list %s', async (_, answer) => {
    for (const id of ['old', 'new']) at.add({ id });
    at.disturb('GET /image/v2/images', answer, { times: 1 });
    at.disturb('GET /image/v2/images', { status: 403 }, { after: 1 });
    await failureOf(prune(at.cloud, request));
    expect(deletions()).toEqual([]);
  });
});
