import { beforeEach, describe, expect, test } from '@jest/globals';
import { prune } from '../../src/image-builder/prune.ts';
import { OWNER_KEYS, encodeOwner } from '../../src/model/owner.ts';
import { failureOf, useHttpCloud } from '../support/http-fixture.ts';
import { OWNER } from './make-test-tools.ts';
import { type ScriptedGlance, scriptGlance } from './scripted-glance.ts';

const at = useHttpCloud();
let glance: ScriptedGlance;
const request = {
  imageName: 'noble',
  keepRevisions: 1,
  protectedIds: [],
  owner: undefined,
  isDryRun: false,
} as const;
const deletions = () => at.http.seen('DELETE /v2/images/*').map(({ url }) => url.pathname.slice(11));
const outcomes = async (change: Partial<Parameters<typeof prune>[1]> = {}) =>
  Object.fromEntries(
    (await prune(at.cloud, { ...request, ...change })).map(({ id, outcome }) => [id, outcome]),
  );

beforeEach(() => {
  glance = scriptGlance(at.http);
});

describe('a prune', () => {
  test('deletes what is older than the newest', async () => {
    for (const id of ['old', 'older', 'new']) glance.add({ id });
    expect(await outcomes()).toEqual({ new: 'kept', older: 'deleted', old: 'deleted' });
    expect([...glance.images.keys()]).toEqual(['new']);
  });

  test('keeps what is protected, published, unfinished, a base, or of another name', async () => {
    glance.add({ id: 'protected' });
    glance.add({ id: 'published', [OWNER_KEYS.published]: 'true' });
    glance.add({ id: 'unfinished', status: 'saving' });
    glance.add({ id: 'base', [OWNER_KEYS.kind]: 'base' });
    glance.add({ id: 'other', name: 'jammy' });
    glance.add({ id: 'new' });
    const kept = { new: 'kept', unfinished: 'kept', published: 'kept', protected: 'kept' };
    expect(await outcomes({ protectedIds: ['protected'] })).toEqual(kept);
    expect(deletions()).toEqual([]);
  });

  test('for an owner counts and deletes only that owner’s', async () => {
    glance.add({ id: 'mine-old', ...encodeOwner(OWNER) });
    glance.add({ id: 'theirs', ...encodeOwner({ ...OWNER, application: 'x' }) });
    glance.add({ id: 'mine', ...encodeOwner({ ...OWNER, buildId: 'b0' }) });
    glance.add({ id: 'nobodys' });
    expect(await outcomes({ owner: OWNER })).toEqual({ mine: 'kept', 'mine-old': 'deleted' });
  });

  test('on trial deletes nothing and tells what it would', async () => {
    for (const id of ['old', 'new']) glance.add({ id });
    expect(await outcomes({ isDryRun: true })).toEqual({ new: 'kept', old: 'would be deleted' });
    expect(deletions()).toEqual([]);
  });

  test('tells what Glance does not let go, and goes on', async () => {
    for (const id of ['older', 'used', 'new']) glance.add({ id });
    at.http.on('DELETE /v2/images/used', { status: 409, body: 'Image used is in use' });
    const results = await prune(at.cloud, request);
    expect(results.map(({ id, outcome }) => [id, outcome])).toEqual([
      ['new', 'kept'],
      ['used', 'failed'],
      ['older', 'deleted'],
    ]);
    expect(results[1]?.reason).toMatch('in use');
  });

  test.each([
    ['did not come', { status: 503 }],
    ['is half', { body: { images: [{ id: 'a', status: 'active' }], next: '/v2/images?marker=zz' } }],
    ['is no list', { body: { images: null } }],
  ])('whose list %s deletes nothing', async (_, answer) => {
    at.http.on('GET /v2/images', [answer, { status: 403 }]);
    await failureOf(prune(at.cloud, request));
    expect(deletions()).toEqual([]);
  });
});
