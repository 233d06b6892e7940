import { describe, expect, test } from '@jest/globals';
import { distributeAndPrune } from '../../../src/image-builder/distribute/distribute-and-prune.ts';
import { DistributionError } from '../../../src/model/errors.ts';
import { OWNER_KEYS } from '../../../src/model/owner.ts';
import { failureOf } from '../../support/cloud-fixture.ts';
import { PUT } from '../open-store.ts';
import { DATA, request, useDistribution } from './use-distribution.ts';
import type { TestTools } from '../make-test-tools.ts';
import { uuidOf } from '../../support/uuid-of.ts';

const { at, makeTools } = useDistribution();

describe('the prune after a distribution', () => {
  const old = { [OWNER_KEYS.source]: 'i0' };
  const distributeAll = (made: TestTools, keep: number | undefined, ...destinations: string[]) =>
    distributeAndPrune(request(...destinations), keep, made.tools);

  test('Older revisions are pruned in each cloud that got the image and in no other', async () => {
    for (const store of [at.source, at.b, at.c]) store.add({ id: uuidOf('old'), ...old });
    at.c.disturb(PUT, { status: 413, body: 'quota' });
    const made = makeTools();
    const error = await failureOf(distributeAll(made, 1, 'b', 'c'));
    expect(error).toBeInstanceOf(DistributionError);
    expect(error.message).toMatch(
      new RegExp(`^image ${uuidOf('i1')} is good, but not all clouds have it:\\ncloud c: .*413: quota`),
    );
    expect(at.b.images.has(uuidOf('old'))).toBe(false);
    expect([at.c.images.has(uuidOf('old')), at.source.images.has(uuidOf('old'))]).toEqual([true, true]);
    expect(made.facts()).toMatchObject({
      images: [
        { cloud: 'b', outcome: 'copied' },
        { cloud: 'c', outcome: 'failed' },
      ],
      pruned: { cloud: 'b' },
    });
  });

  test('No revision is pruned without a number of revisions to keep', async () => {
    at.b.add({ id: uuidOf('old'), ...old });
    await distributeAll(makeTools(), undefined, 'b');
    expect(at.b.images.size).toBe(2);
  });

  test('A revision that cannot be deleted causes a warning, and the copies succeed', async () => {
    for (const store of [at.b, at.c]) store.add({ id: uuidOf('old'), ...old });
    at.b.disturb(`DELETE /image/v2/images/${uuidOf('old')}`, { status: 409, body: 'in use' });
    const made = makeTools();
    expect(await distributeAll(made, 1, 'b', 'c')).toMatchObject([
      { outcome: 'copied' },
      { outcome: 'copied' },
    ]);
    expect(made.warnings).toEqual([
      expect.stringMatching(`^revision ${uuidOf('old')} was not pruned: .*in use`),
    ]);
    expect(at.c.images.has(uuidOf('old'))).toBe(false);
  });

  test('The current copy is never pruned, even when other revisions are newer', async () => {
    at.b.add({ id: uuidOf('copy'), data: DATA, [OWNER_KEYS.source]: uuidOf('i1') });
    at.b.add({ id: uuidOf('newer'), ...old });
    expect(await distributeAll(makeTools(), 1, 'b')).toMatchObject([{ imageId: uuidOf('copy') }]);
    expect(at.b.images.has(uuidOf('copy'))).toBe(true);
  });

  test('The copies of two names of one project are not pruned', async () => {
    at.alias('b2', 'consumer');
    const results = await distributeAll(makeTools(), 1, 'b', 'b2');
    const copyIds = results.flatMap((result) => ('imageId' in result ? [result.imageId] : []));
    expect(copyIds.filter((id) => !at.b.images.has(id))).toEqual([]);
  });
});
