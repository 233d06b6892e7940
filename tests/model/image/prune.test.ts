import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { OWNER_KEYS } from '../../../src/model/owner.ts';
import { planPrune } from '../../../src/model/image/prune.ts';

fc.configureGlobal({ seed: 20261121 }); // the same cases in each run

const revision = (id: string, status = 'active', isPublished = false) => ({
  id,
  status,
  properties: (isPublished ? { [OWNER_KEYS.published]: 'true' } : {}) as Record<string, string>,
});

describe('planPrune', () => {
  test('Each decision has a reason', () => {
    const revisions = [
      revision('a'),
      revision('b', 'saving'),
      revision('c'),
      revision('d'),
      revision('e', 'active', true),
      revision('f'),
    ];
    expect(
      planPrune(revisions, 2, new Set(['d'])).map(({ image, shouldDelete, reason }) => [
        image.id,
        shouldDelete,
        reason,
      ]),
    ).toEqual([
      ['a', false, 'one of the newest 2'],
      ['b', false, 'not active but saving'],
      ['c', false, 'one of the newest 2'],
      ['d', false, 'protected'],
      ['e', false, 'published'],
      ['f', true, 'older than the newest 2'],
    ]);
  });

  test('A revision that is not named stays', () => {
    const revisions = ['a', 'b', 'c', 'd'].map((id) => revision(id));
    const decide = (...named: readonly string[]) =>
      planPrune(revisions, 1, new Set(['b']), new Set(named)).map(({ reason }) => reason);
    expect(decide('a', 'b', 'd')).toEqual([
      ...['one of the newest 1', 'protected', 'not to be deleted', 'older than the newest 1'],
    ]);
    expect(decide().slice(2)).toEqual(['not to be deleted', 'not to be deleted']);
  });

  const anyRevisions = fc
    .array(fc.tuple(fc.constantFrom('active', 'active', 'queued', 'saving', 'killed'), fc.boolean()))
    .map((drawn) => drawn.map(([status, isPublished], index) => revision(`i${index}`, status, isPublished)));
  const anyKeep = fc.integer({ min: 1, max: 10 });
  const anyProtected = fc.uniqueArray(fc.integer({ min: 0, max: 9 }).map((index) => `i${index}`));

  test('Revisions that are protected, published, not active or among the newest are never deleted', () => {
    fc.assert(
      fc.property(anyRevisions, anyKeep, anyProtected, (revisions, keep, protectedIds) => {
        const newest = revisions.filter(({ status }) => status === 'active').slice(0, keep);
        for (const { image, shouldDelete } of planPrune(revisions, keep, new Set(protectedIds))) {
          if (!shouldDelete) continue;
          expect(image.status).toBe('active');
          expect(image.properties).toEqual({});
          expect(protectedIds).not.toContain(image.id);
          expect(newest).not.toContain(image);
        }
      }),
    );
  });

  test('No revision is deleted when there are no more than the number to keep', () => {
    fc.assert(
      fc.property(anyRevisions, (revisions) => {
        const plan = planPrune(revisions, Math.max(1, revisions.length), new Set());
        expect(plan.filter(({ shouldDelete }) => shouldDelete)).toEqual([]);
      }),
    );
  });

  test('Each revision has one decision, in the given order', () => {
    fc.assert(
      fc.property(anyRevisions, anyKeep, (revisions, keep) => {
        expect(planPrune(revisions, keep, new Set()).map(({ image }) => image)).toEqual(revisions);
      }),
    );
  });

  test('All older active revisions without protection are deleted, so images do not accumulate', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20 }), anyKeep, (count, keep) => {
        const revisions = Array.from({ length: count }, (_, index) => revision(`i${index}`));
        const kept = planPrune(revisions, keep, new Set()).filter(({ shouldDelete }) => !shouldDelete);
        expect(kept).toHaveLength(Math.min(count, keep));
      }),
    );
  });
});
