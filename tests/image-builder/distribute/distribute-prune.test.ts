import { describe, expect, test } from '@jest/globals';
import { distributeAndPrune } from '../../../src/image-builder/distribute/distribute-and-prune.ts';
import { DistributionError } from '../../../src/model/errors.ts';
import { OWNER_KEYS } from '../../../src/model/owner.ts';
import { connectTo } from '../../support/http-connect.ts';
import { failureOf } from '../../support/cloud-fixture.ts';
import { DATA, PUT, request, useDistribution } from './distribution.ts';
import type { TestTools } from '../make-test-tools.ts';
import { keepSha512 } from '../scripted-clouds.ts';

const { at, patient } = useDistribution();

describe('after a distribution the older revisions are pruned', () => {
  const old = { size: 1, [OWNER_KEYS.source]: 'i0' };
  const distributeAll = (made: TestTools, keep: number | undefined, ...destinations: string[]) =>
    distributeAndPrune(request(...destinations), keep, made.tools);

  test('in each cloud that got the image, and nowhere else', async () => {
    for (const store of [at.source, at.a, at.b]) store.glance.add({ id: 'old', ...old });
    at.b.http.on(PUT, { status: 413, body: 'quota' });
    const made = patient();
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

  test('only when a number is given', async () => {
    at.a.glance.add({ id: 'old', ...old });
    await distributeAll(patient(), undefined, 'a');
    expect(at.a.glance.images.size).toBe(2);
  });

  test('as far as it goes: what is not let go is told, and the copies stay good', async () => {
    for (const store of [at.a, at.b]) store.glance.add({ id: 'old', ...old });
    at.a.http.on('DELETE /v2/images/old', { status: 409, body: 'in use' });
    const made = patient();
    expect(await distributeAll(made, 1, 'a', 'b')).toMatchObject([
      { outcome: 'copied' },
      { outcome: 'copied' },
    ]);
    expect(made.warnings).toEqual([expect.stringMatching(/^revision old was not pruned: .*in use/)]);
    expect(at.b.glance.images.has('old')).toBe(false);
  });

  test('but never the copy that was just delivered, were it older than others', async () => {
    at.a.glance.add({ id: 'copy', size: DATA.length, ...keepSha512(DATA), [OWNER_KEYS.source]: 'i1' });
    at.a.glance.add({ id: 'newer', ...old });
    expect(await distributeAll(patient(), 1, 'a')).toMatchObject([{ imageId: 'copy' }]);
    expect(at.a.glance.images.has('copy')).toBe(true);
  });

  test('but never what another name of the same project was just given', async () => {
    at.aliases.set('a2', () => connectTo(at.a.http.origin, { clock: at.clock, access: { name: 'a2' } }));
    const deliveries = await distributeAll(patient(), 1, 'a', 'a2');
    const given = deliveries.flatMap((delivery) => ('imageId' in delivery ? [delivery.imageId] : []));
    expect(given.filter((id) => !at.a.glance.images.has(id))).toEqual([]);
  });
});
