import { describe, expect, test } from '@jest/globals';
import { type PublishedPruneRequest, pruneUnpublished } from '../../../src/image-builder/cleanup/prune.ts';
import { OWNER_KEYS, encodeOwner } from '../../../src/model/owner.ts';
import { failureOf } from '../../support/cloud-fixture.ts';
import { OWNER } from '../make-test-tools.ts';
import { useEmulator } from '../use-emulator.ts';
import { uuidOf } from '../../support/uuid-of.ts';

const at = useEmulator();
const MARKED = { [OWNER_KEYS.published]: 'true' };
const PATCH = 'PATCH /image/v2/images/:id';
const DELETE = 'DELETE /image/v2/images/:id';

const add = (word: string, change: Readonly<Record<string, string>> = {}): void => {
  at.add({ id: uuidOf(word), ...encodeOwner(OWNER), [OWNER_KEYS.kind]: 'runner', ...change });
};
const prune = (publishedIds: readonly string[], change: Partial<PublishedPruneRequest> = {}) =>
  pruneUnpublished(at.cloud, {
    imageName: 'noble',
    keepRevisions: 1,
    protectedIds: [],
    owner: OWNER,
    isDryRun: false,
    publishedIds,
    ...change,
  });
const idsOf = (route: string) => at.seen(route).map((request) => request.split('/').at(-1));
const images = () => at.openstack.state.images;
const isMarked = (word: string): boolean => images().get(uuidOf(word))?.[OWNER_KEYS.published] !== undefined;

describe('a prune with published images', () => {
  test('A prune keeps and marks a published image and deletes the others beyond the newest', async () => {
    for (const id of ['old', 'published', 'new']) add(id);
    expect(await prune([uuidOf('published'), uuidOf('in another cloud')])).toMatchObject({
      marked: [uuidOf('published')],
      unmarked: [],
      images: [
        { id: uuidOf('new'), outcome: 'kept' },
        { id: uuidOf('published'), outcome: 'kept', reason: 'published' },
        { id: uuidOf('old'), outcome: 'deleted' },
      ],
    });
    expect(images().get(uuidOf('published'))).toMatchObject(MARKED);
    expect([...images().keys()]).toEqual([uuidOf('published'), uuidOf('new')]);
  });

  test('An image that is no longer published loses its mark and is deleted', async () => {
    add('was', MARKED);
    add('new');
    expect(await prune([uuidOf('new')])).toMatchObject({
      marked: [uuidOf('new')],
      unmarked: [uuidOf('was')],
    });
    expect([...images().keys()]).toEqual([uuidOf('new')]);
  });

  test('The newest image loses its mark when it is not published, but is kept', async () => {
    add('new', MARKED);
    expect(await prune([])).toMatchObject({ unmarked: [uuidOf('new')], images: [{ outcome: 'kept' }] });
    expect([images().has(uuidOf('new')), isMarked('new')]).toEqual([true, false]);
  });

  test('A correct mark is not written again', async () => {
    add('published', MARKED);
    add('new');
    expect(await prune([uuidOf('published')])).toMatchObject({ marked: [], unmarked: [] });
    expect(idsOf(PATCH)).toEqual([]);
  });

  test('A prune does not change marks of another owner, another name or a base image', async () => {
    add('theirs', { ...encodeOwner({ ...OWNER, application: 'other' }), ...MARKED });
    add('other-name', { name: 'jammy', ...MARKED });
    add('base', { [OWNER_KEYS.kind]: 'base', ...MARKED });
    expect(await prune([])).toEqual({ marked: [], unmarked: [], images: [] });
    expect([...idsOf(PATCH), ...idsOf(DELETE)]).toEqual([]);
  });

  test.each([
    ['application', { application: 'other' }],
    ['model', { modelUuid: 'other' }],
  ])('A prune deletes nothing of another %s in the same project, even by id', async (_, change) => {
    for (const id of ['their published', 'their new']) add(id, encodeOwner({ ...OWNER, ...change }));
    for (const id of ['old', 'new']) add(id);
    const deletableIds = ['their published', 'old'].map(uuidOf);
    expect((await prune([], { deletableIds })).images).toMatchObject([
      { id: uuidOf('new'), outcome: 'kept' },
      { id: uuidOf('old'), outcome: 'deleted' },
    ]);
    expect(idsOf(DELETE)).toEqual([uuidOf('old')]);
  });

  test('A prune sets the new mark before it removes the old one', async () => {
    add('was', MARKED);
    add('now');
    add('new');
    await prune([uuidOf('now')]);
    expect(idsOf(PATCH)).toEqual([uuidOf('now'), uuidOf('was')]);
  });

  test.each([
    ['to be marked', {}, [uuidOf('gone')]],
    ['to be unmarked', MARKED, []],
  ])('An image %s that was deleted since the listing is not counted', async (_what, mark, published) => {
    for (const id of ['old', 'last']) add(id);
    add('gone', mark);
    at.disturb(`PATCH /image/v2/images/${uuidOf('gone')}`, { status: 404 });
    expect((await prune(published)).images).toMatchObject([
      { id: uuidOf('last'), outcome: 'kept' },
      { id: uuidOf('old'), outcome: 'deleted' },
    ]);
  });

  test('A dry run changes no mark and reports the planned changes', async () => {
    add('was', MARKED);
    add('now');
    add('new');
    const planned = await prune([uuidOf('now')], { isDryRun: true });
    expect(planned).toMatchObject({
      marked: [uuidOf('now')],
      unmarked: [uuidOf('was')],
      images: [
        {},
        { id: uuidOf('now'), reason: 'published' },
        { id: uuidOf('was'), outcome: 'would be deleted' },
      ],
    });
    expect([...idsOf(PATCH), ...idsOf(DELETE)]).toEqual([]);
  });

  test.each([
    ['set', [uuidOf('now')], 'now'],
    ['removed', [], 'was'],
  ])('A prune deletes nothing when a mark cannot be %s', async (_, published, image) => {
    for (const id of ['old', 'now', 'new']) add(id);
    add('was', MARKED);
    at.disturb(`PATCH /image/v2/images/${uuidOf(image)}`, { status: 403, body: 'no' });
    expect(await failureOf(prune(published))).toMatchObject({ kind: 'denied' });
    expect(idsOf(DELETE)).toEqual([]);
  });
});
