import { expect, test } from '@jest/globals';
import { createJobRunner } from '../../../src/scheduler/jobs/create-job-runner.ts';
import { useJobs } from '../../builder/support/jobs.ts';
import { desiredState } from '../desired-fixtures.ts';

const at = useJobs();

test('The clouds of a consumer are queried for the published images of its own relation only', async () => {
  await at.script({ list: { result: { clouds: [] } } });
  const desired = desiredState({
    consumers: [
      { relationId: 1, unit: 'red/0', cloudId: 'red' },
      { relationId: 1, unit: 'red/1', cloudId: 'red' },
      { relationId: 2, unit: 'blue/0', cloudId: 'blue' },
      { relationId: 2, unit: 'blue/1', cloudId: 'azure' },
    ],
    published: [
      { relationId: 1, imageIds: ['i1', 'i2'], isConfirmed: true },
      { relationId: 2, imageIds: ['i3'], isConfirmed: false },
      { relationId: 3, imageIds: ['without consumer'], isConfirmed: true },
    ],
  });
  const runner = createJobRunner({ desired, version: '1.0.0', tools: at.tools });
  await runner.observe(['builder', 'red', 'blue', 'azure']);
  const [call] = await at.calls();
  expect(call?.order).toMatchObject({
    extraImages: [
      { cloudId: 'red', imageId: 'i1' },
      { cloudId: 'red', imageId: 'i2' },
      { cloudId: 'blue', imageId: 'i3' },
      { cloudId: 'azure', imageId: 'i3' },
    ],
  });
});
