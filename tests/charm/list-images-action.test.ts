import { describe, expect, test } from '@jest/globals';
import type { CloudReport } from '../../src/model/unit/built.ts';
import { built, report } from './support/facts.ts';
import { deploy, useUnit } from './support/use-unit.ts';

const fixture = useUnit();

const BUILD_ID = '5f9b2a3e-0000-4000-8000-000000000001';
const COPY_ID = '5f9b2a3e-0000-4000-8000-000000000002';
const HOUR = 3_600_000;

/** Returns a report whose images were created at `time` and have all details. */
function detailed(cloudId: string, imageId: string, time: number): CloudReport {
  const plain = report(cloudId, { noble: imageId });
  const details = {
    createdAt: new Date(time).toISOString(),
    size: 3 * 1024 ** 3,
    runnerVersion: '2.331.0',
  };
  return { ...plain, images: plain.images.map((image) => ({ ...image, details })) };
}

describe('the action list-images', () => {
  test('Before the first look at the clouds, list-images says that nothing is known', async () => {
    const { unit } = fixture;
    await deploy(unit);
    expect((await unit.action('list-images')).results).toEqual({ images: 'not known yet' });
  });

  test('list-images shows id, age, size and runner version in each cloud, and what is published', async () => {
    const { unit } = fixture;
    const { cloudId } = await deploy(unit);
    const created = unit.clock.now() - 2 * HOUR - 60_000;
    const clouds = [detailed('builder', BUILD_ID, created), detailed(cloudId, COPY_ID, created)];
    await unit.report(built({ clouds }));
    const common = {
      created: new Date(created).toISOString(),
      ...{ age: '2 h 1 min', size: '3072 MiB', 'runner-version': '2.331.0' },
    };
    const before = await unit.action('list-images');
    expect(before.results).toEqual({
      images: {
        'app-noble-x64': {
          'build-cloud': { id: BUILD_ID, ...common },
          'consumer-0': { id: COPY_ID, ...common, published: 'no' },
        },
      },
    });
    await unit.dispatch({ kind: 'own', name: 'built' });
    expect((await unit.action('list-images')).results).toMatchObject({
      images: { 'app-noble-x64': { 'consumer-0': { published: 'yes' } } },
    });
  });

  test('list-images says why the images of a cloud are not known', async () => {
    const { unit } = fixture;
    const { cloudId } = await deploy(unit);
    const failure = { kind: 'denied', type: 'UnauthorizedError', message: 'HTTP 401' } as const;
    await unit.report(built({ clouds: [report('builder', {}), report(cloudId, {}, { failure })] }));
    expect((await unit.action('list-images')).results).toEqual({
      images: { 'app-noble-x64': { 'build-cloud': 'none yet', 'consumer-0': 'unknown: HTTP 401' } },
    });
  });
});
