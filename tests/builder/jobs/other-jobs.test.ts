import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { runJob } from '../../../src/builder/jobs/run-job.ts';
import { startJob } from '../../../src/builder/jobs/start-job.ts';
import { tidyJobs } from '../../../src/builder/jobs/tidy-jobs.ts';
import { observeLogin } from '../../../src/builder/observe.ts';
import { makeTrial } from '../../support/trial.ts';
import { uuidOf } from '../../support/uuid-of.ts';
import { GITHUB_TOKEN, PROXY_PASSWORD, buildOrder, useJobs } from '../support/jobs.ts';

const at = useJobs();

const { entry } = buildOrder();
const IMAGE = { imageName: 'img', imageId: uuidOf('i'), buildCloud: 'builder', cloudIds: ['a'] };
const COPY = { kind: 'copy', ...IMAGE, withinCloud: 'copy', keepRevisions: undefined } as const;
const REVISIONS = {
  keepRevisions: 5,
  protectedIds: [],
  deletableIds: [uuidOf('i')],
  publishedIds: [uuidOf('i')],
  isDryRun: false,
};
const PRUNE = { kind: 'prune', imageName: 'img', cloudId: 'a', ...REVISIONS } as const;

describe('prepare, copy and prune jobs', () => {
  test('The jobs prepare, copy and prune run under the given id and return their outcome', async () => {
    await at.script({
      prepare: { result: { cloud: 'builder', swept: ['server s'] } },
      copy: { result: { cloud: 'builder', image_id: uuidOf('i') } },
      prune: { result: { cloud: 'a', marked: [uuidOf('i')] } },
    });
    const outcomes = [
      await runJob({ kind: 'prepare', entries: [entry] }, { reason: 'r', buildId: 'p1' }, at.tools),
      await runJob(COPY, { reason: 'r', buildId: 'c1' }, at.tools),
      await runJob(PRUNE, { reason: 'r' }, at.tools),
    ];
    const results = [
      { job: 'prepare', cloud: 'builder', swept: ['server s'], warnings: [] },
      { job: 'copy', cloud: 'builder', imageId: uuidOf('i'), warnings: [] },
      { job: 'prune', cloud: 'a', marked: [uuidOf('i')], warnings: [] },
    ];
    expect(outcomes).toEqual(results.map((result) => ({ state: 'done', result })));
    expect(await readdir(at.host.paths.jobs)).toEqual(['000000000001', 'c1', 'p1']);
  });

  test.each([COPY, PRUNE, { kind: 'prepare', entries: [entry] } as const, undefined])(
    'A descriptor brings the proxies and authorities, but not the script, to job %j',
    async (task) => {
      await at.script({ list: { result: { clouds: [] } } });
      await (task === undefined ? observeLogin(['a'], at.tools) : runJob(task, { reason: 'r' }, at.tools));
      const [call] = await at.calls();
      expect(JSON.parse(call?.secrets ?? '')).toEqual({
        generation: 1,
        scriptUrl: '',
        scriptSecrets: {},
        proxy: { http: '', https: `http://u:${PROXY_PASSWORD}@proxy:3128`, noProxy: '' },
        openstackCa: 'CA',
        github: {},
      });
      expect(JSON.stringify([call?.env, call?.args, call?.order])).not.toMatch('MARKED');
    },
  );

  test('Only a trial receives the login at GitHub, and only through the descriptor', async () => {
    await at.script({ trial: { result: { cloud: 'builder' } } });
    const place = { buildCloud: 'builder', flavor: '', network: '', floatingNetwork: '', sshCidrs: [] };
    await runJob({ kind: 'trial', ...place, trial: makeTrial() }, { reason: 'r' }, at.tools);
    const [call] = await at.calls();
    expect(JSON.parse(call?.secrets ?? '')).toMatchObject({
      ...{ scriptUrl: '', scriptSecrets: {}, github: { token: GITHUB_TOKEN } },
    });
    expect(JSON.stringify([call?.env, call?.args, call?.order])).not.toMatch('MARKED');
  });

  test('A job without the file of secrets is not started and names the file', async () => {
    const paths = { ...at.tools.paths, secrets: '/gone' };
    expect(await runJob(COPY, { reason: 'r' }, { ...at.tools, paths })).toMatchObject({
      ...{ state: 'failed', kind: 'input' },
      message: "/gone: expected the unit's secrets, got no file",
    });
  });
});

test('The folder of an observation is removed only when it is too old to be in use', async () => {
  const { jobs } = at.host.paths;
  for (const name of ['list-old', 'list-new']) await mkdir(join(jobs, name));
  await utimes(join(jobs, 'list-old'), 0, 0);
  await tidyJobs(at.tools);
  expect(await readdir(jobs)).toEqual(['list-new']);
});

test('The files of the newest 30 recorded jobs and of all running jobs are kept', async () => {
  await at.script({ build: { holdUntil: at.gate } });
  await startJob(buildOrder({ id: 'held' }), at.tools);
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
