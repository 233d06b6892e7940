import { describe, expect, test } from '@jest/globals';
import { distributeAndPrune } from '../../../src/image-builder/distribute/distribute-and-prune.ts';
import { DistributionError } from '../../../src/model/errors.ts';
import { OWNER_KEYS } from '../../../src/model/owner.ts';
import { connectTo } from '../../support/http-connect.ts';
import { failureOf } from '../../support/cloud-fixture.ts';
import { DATA, PUT, request, useDistribution } from './distribution.ts';
import type { TestTools } from '../make-test-tools.ts';
import { keepSha512 } from '../scripted-clouds.ts';

const { at, makeTools } = useDistribution();

describe('the prune after a distribution', () => {
  const old = { size: 1, [OWNER_KEYS.source]: 'i0' };
  const distributeAll = (made: TestTools, keep: number | undefined, ...destinations: string[]) =>
    distributeAndPrune(request(...destinations), keep, made.tools);

  test('Older revisions are pruned in each cloud that got the image and in no other', async () => {
    for (const store of [at.source, at.a, at.b]) store.glance.add({ id: 'old', ...old });
    at.b.http.on(PUT, { status: 413, body: 'quota' });
    const made = makeTools();
    const error = await failureOf(distributeAll(made, 1, 'a', 'b'));
    expect(error).toBeInstanceOf(DistributionError);
    expect(error.message).toMatch(/^image i1 is good, but not all clouds have it:\ncloud b: .*413: quota/);
    expect(at.a.glance.images.has('old')).toBe(false);
    expect([at.b.glance.images.has('old'), at.source.glance.images.has('old')]).toEqual([true, true]);
    expect(made.facts()).toMatchObject({
      images: [
        { cloud: 'a', outcome: 'copied' },
        { cloud: 'b', outcome: 'failed' },
      ],
      pruned: { cloud: 'a' },
    });
  });

  test('No revision is pruned without a number of revisions to keep', async () => {
    at.a.glance.add({ id: 'old', ...old });
    await distributeAll(makeTools(), undefined, 'a');
    expect(at.a.glance.images.size).toBe(2);
  });

  test('A revision that cannot be deleted causes a warning, and the copies succeed', async () => {
    for (const store of [at.a, at.b]) store.glance.add({ id: 'old', ...old });
    at.a.http.on('DELETE /v2/images/old', { status: 409, body: 'in use' });
    const made = makeTools();
    expect(await distributeAll(made, 1, 'a', 'b')).toMatchObject([
      { outcome: 'copied' },
      { outcome: 'copied' },
    ]);
    expect(made.warnings).toEqual([expect.stringMatching(/^revision old was not pruned: .*in use/)]);
    expect(at.b.glance.images.has('old')).toBe(false);
  });

  test('The current copy is never pruned, even when other revisions are newer', async () => {
    at.a.glance.add({ id: 'copy', size: DATA.length, ...keepSha512(DATA), [OWNER_KEYS.source]: 'i1' });
    at.a.glance.add({ id: 'newer', ...old });
    expect(await distributeAll(makeTools(), 1, 'a')).toMatchObject([{ imageId: 'copy' }]);
    expect(at.a.glance.images.has('copy')).toBe(true);
  });

  test('The copies of two names of one project are not pruned', async () => {
    at.aliases.set('a2', () => connectTo(at.a.http.origin, { clock: at.clock, access: { name: 'a2' } }));
    const results = await distributeAll(makeTools(), 1, 'a', 'a2');
    const copyIds = results.flatMap((result) => ('imageId' in result ? [result.imageId] : []));
    expect(copyIds.filter((id) => !at.a.glance.images.has(id))).toEqual([]);
  });
});
