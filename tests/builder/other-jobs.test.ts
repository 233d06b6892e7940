import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { tidyJobs } from '../../src/builder/job-files.ts';
import { copy, prepare, prune } from '../../src/builder/other-jobs.ts';
import { startJob } from '../../src/builder/start-job.ts';
import { CONFIG, buildSpec, useJobs } from './support/jobs.ts';

const at = useJobs();

describe('the other jobs', () => {
  test('prepare, copy and prune tell their outcome, under the id that they are given', async () => {
    await at.script({
      init: { result: { cloud: 'builder', swept: ['server s'] } },
      distribute: { result: { cloud: 'builder', image_id: 'i' } },
      prune: { result: { cloud: 'a', marked: ['i'] } },
    });
    const request = { imageName: 'img', reason: 'r' };
    const outcomes = [
      await prepare({ base: 'noble', reason: 'r', buildId: 'p1' }, CONFIG, at.tools),
      await copy({ ...request, imageId: 'i', uploadTo: ['a'], buildId: 'c1' }, CONFIG, at.tools),
      await prune({ ...request, cloudId: 'a', publishedIds: ['i'] }, CONFIG, at.tools),
    ];
    const results = [
      { job: 'prepare', cloud: 'builder', swept: ['server s'], warnings: [] },
      { job: 'copy', cloud: 'builder', imageId: 'i', warnings: [] },
      { job: 'prune', cloud: 'a', marked: ['i'], warnings: [] },
    ];
    expect(outcomes).toEqual(results.map((result) => ({ state: 'done', result })));
    expect(await readdir(at.host.paths.jobs)).toEqual(['000000000001', 'c1', 'p1']);
  });
});

test('the output of the newest 30 settled jobs is kept, and of all that run', async () => {
  await at.script({ run: { holdUntil: at.gate } });
  await startJob(buildSpec({ buildId: 'held' }), at.tools);
  await at.waitForCalls(1);
  const { jobs } = at.host.paths;
  await utimes(join(jobs, 'held'), 0, 0);
  for (let index = 0; index < 31; index += 1) {
    await mkdir(join(jobs, `j${index}`));
    await writeFile(join(jobs, `j${index}`, 'settled'), '');
    await utimes(join(jobs, `j${index}`), 1000 + index, 1000 + index);
  }
  await tidyJobs(at.tools);
  const left = await readdir(jobs);
  expect(left).toHaveLength(31);
  expect(left).toEqual(expect.arrayContaining(['held', 'j1', 'j30']));
});
