import { expect, test } from '@jest/globals';
import type { DesiredImages } from '../../../src/model/unit/desired-images.ts';
import { createJobRunner } from '../../../src/scheduler/jobs/create-job-runner.ts';
import { useJobs } from '../../builder/support/jobs.ts';
import { desiredState } from '../desired-fixtures.ts';
import { makeTrial } from '../../support/trial.ts';
import { uuidOf } from '../../support/uuid-of.ts';

const at = useJobs();

test('The clouds of a consumer are queried for the published images of its own relation only', async () => {
  const desired = desiredState({
    consumers: [
      { relationId: 1, unit: 'red/0', cloudId: 'red' },
      { relationId: 1, unit: 'red/1', cloudId: 'red' },
      { relationId: 2, unit: 'blue/0', cloudId: 'blue' },
      { relationId: 2, unit: 'blue/1', cloudId: 'azure' },
    ],
    published: [
      { relationId: 1, imageIds: [uuidOf('i1'), uuidOf('i2')], isConfirmed: true },
      { relationId: 2, imageIds: [uuidOf('i3')], isConfirmed: false },
      { relationId: 3, imageIds: [uuidOf('without consumer')], isConfirmed: true },
    ],
  });
  const runner = createJobRunner({ desired, version: '1.0.0', tools: at.tools });
  for (const login of [['builder'], ['red'], ['blue', 'azure']]) await runner.observe(login, 40);
  const orders = (await at.calls()).map(({ order }) => order);
  const checked = orders.map((order) => (order?.kind === 'list' ? order.extraImages : []));
  expect(checked.toSorted((a, b) => a.length - b.length)).toEqual([
    [],
    [{ cloudId: 'blue', imageId: uuidOf('i3') }],
    [
      { cloudId: 'red', imageId: uuidOf('i1') },
      { cloudId: 'red', imageId: uuidOf('i2') },
    ],
  ]);
});

test.each([
  ['the build cloud', { cloudId: 'builder' }, { buildCloud: 'builder', flavor: 'm1', network: 'net-1' }],
  [
    'another network of the build cloud',
    { cloudId: '', network: 'net-2' },
    { buildCloud: 'builder', flavor: 'm1', network: 'net-2' },
  ],
  ['the cloud of a consumer', { cloudId: 'red' }, { buildCloud: 'red', flavor: '', network: '' }],
])('A trial in %s uses the flavor and the network of that cloud', async (_where, change, place) => {
  await at.script({ trial: { result: { cloud: 'builder' } } });
  const plain = desiredState();
  const desired = { ...plain, images: onPlace(plain.images) };
  const runner = createJobRunner({ desired, version: '1.0.0', tools: at.tools });
  await runner.run({ act: 'trial', buildId: 't1', trial: makeTrial(change), reason: 'r' }, 't1');
  const [call] = await at.calls();
  const floatingNetwork = place.buildCloud === 'builder' ? 'ext' : '';
  expect(call?.order).toMatchObject({ kind: 'trial', ...place, floatingNetwork });
});

/** Gives all images a flavor and networks for their builders. */
function onPlace(images: DesiredImages): DesiredImages {
  const place = { buildFlavor: 'm1', buildNetwork: 'net-1', floatingNetwork: 'ext' };
  return new Map(
    [...images].map(([name, config]) => [name, { ...config, cloud: { ...config.cloud, ...place } }]),
  );
}
