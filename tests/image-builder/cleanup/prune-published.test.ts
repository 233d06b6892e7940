import { describe, expect, test } from '@jest/globals';
import { type PublishedPruneRequest, pruneUnpublished } from '../../../src/image-builder/cleanup/prune.ts';
import { OWNER_KEYS, encodeOwner } from '../../../src/model/owner.ts';
import { failureOf } from '../../support/cloud-fixture.ts';
import { OWNER } from '../make-test-tools.ts';
import { useEmulator } from '../use-emulator.ts';

const at = useEmulator();
const MARKED = { [OWNER_KEYS.published]: 'true' };
const PATCH = 'PATCH /image/v2/images/:id';
const DELETE = 'DELETE /image/v2/images/:id';

const add = (id: string, change: Readonly<Record<string, string>> = {}): void => {
  at.add({ id, ...encodeOwner(OWNER), [OWNER_KEYS.kind]: 'runner', ...change });
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
const isMarked = (id: string): boolean => images().get(id)?.[OWNER_KEYS.published] !== undefined;

describe('a prune that is told what is published', () => {
  test('keeps it, marks it, and deletes the rest beyond the newest', async () => {
    for (const id of ['old', 'published', 'new']) add(id);
    expect(await prune(['published', 'in another cloud'])).toMatchObject({
      marked: ['published'],
      unmarked: [],
      images: [
        { id: 'new', outcome: 'kept' },
        { id: 'published', outcome: 'kept', reason: 'published' },
        { id: 'old', outcome: 'deleted' },
      ],
    });
    expect(images().get('published')).toMatchObject(MARKED);
    expect([...images().keys()]).toEqual(['published', 'new']);
  });

  test('takes the mark from what is published no more, and then it goes', async () => {
    add('was', MARKED);
    add('new');
    expect(await prune(['new'])).toMatchObject({ marked: ['new'], unmarked: ['was'] });
    expect([...images().keys()]).toEqual(['new']);
  });

  test('takes the mark from the newest too, which stays', async () => {
    add('new', MARKED);
    expect(await prune([])).toMatchObject({ unmarked: ['new'], images: [{ outcome: 'kept' }] });
    expect([images().has('new'), isMarked('new')]).toEqual([true, false]);
  });

  test('writes no mark that is right already', async () => {
    add('published', MARKED);
    add('new');
    expect(await prune(['published'])).toMatchObject({ marked: [], unmarked: [] });
    expect(idsOf(PATCH)).toEqual([]);
  });

  test('touches no mark of another owner, another name, or a base image', async () => {
    add('theirs', { ...encodeOwner({ ...OWNER, application: 'other' }), ...MARKED });
    add('other-name', { name: 'jammy', ...MARKED });
    add('base', { [OWNER_KEYS.kind]: 'base', ...MARKED });
    expect(await prune([])).toEqual({ marked: [], unmarked: [], images: [] });
    expect([...idsOf(PATCH), ...idsOf(DELETE)]).toEqual([]);
  });

  test('sets the new mark before it takes the old one away', async () => {
    add('was', MARKED);
    add('now');
    add('new');
    await prune(['now']);
    expect(idsOf(PATCH)).toEqual(['now', 'was']);
  });

  test.each([
    ['to be marked', {}, ['gone']],
    ['to be unmarked', MARKED, []],
  ])('does not count an image %s that was deleted meanwhile', async (_what, mark, published) => {
    for (const id of ['old', 'last']) add(id);
    add('gone', mark);
    at.disturb('PATCH /image/v2/images/gone', { status: 404 });
    expect((await prune(published)).images).toMatchObject([
      { id: 'last', outcome: 'kept' },
      { id: 'old', outcome: 'deleted' },
    ]);
  });

  test('on trial changes nothing, and tells what it would', async () => {
    add('was', MARKED);
    add('now');
    add('new');
    const told = await prune(['now'], { isDryRun: true });
    expect(told).toMatchObject({
      marked: ['now'],
      unmarked: ['was'],
      images: [{}, { id: 'now', reason: 'published' }, { id: 'was', outcome: 'would be deleted' }],
    });
    expect([...idsOf(PATCH), ...idsOf(DELETE)]).toEqual([]);
  });

  test.each([
    ['set', ['now'], '/v2/images/now'],
    ['taken away', [], '/v2/images/was'],
  ])('deletes nothing when a mark cannot be %s', async (_, published, path) => {
    for (const id of ['old', 'now', 'new']) add(id);
    add('was', MARKED);
    at.disturb(`PATCH /image${path}`, { status: 403, body: 'no' });
    expect(await failureOf(prune(published))).toMatchObject({ kind: 'denied' });
    expect(idsOf(DELETE)).toEqual([]);
  });
});
