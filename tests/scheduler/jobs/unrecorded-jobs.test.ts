import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { jobFiles, writeJobOrder } from '../../../src/builder/jobs/job-files.ts';
import { markStarted } from '../../../src/builder/jobs/job-marks.ts';
import { tidyJobs } from '../../../src/builder/jobs/tidy-jobs.ts';
import { unitPaths } from '../../../src/model/unit/unit-paths.ts';
import { buildOrder, orderHead } from '../../builder/support/jobs.ts';
import {
  listUnknownFolders,
  listUnrecordedJobs,
  markRecorded,
} from '../../../src/scheduler/jobs/unrecorded-jobs.ts';

let root = '';
const paths = () => unitPaths(root, 'app/0');
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'unrecorded-'));
});
afterEach(() => rm(root, { recursive: true }));

async function order(buildId: string): Promise<ReturnType<typeof jobFiles>> {
  const files = jobFiles(paths(), buildId);
  await writeJobOrder(buildOrder({ id: buildId, orderedAt: '2026-11-21T08:00:00.000Z' }), files);
  return files;
}

async function end(buildId: string, seconds: number): Promise<void> {
  const { result } = await order(buildId);
  await writeFile(result, '{}');
  await utimes(result, seconds, seconds);
}

const listed = async () => (await listUnrecordedJobs(paths())).map(({ buildId }) => buildId);

describe('the jobs of an earlier daemon', () => {
  test('Ended jobs are listed in the order of their ends, with the times of their results', async () => {
    await end('a', 3000);
    await end('b', 1000);
    await end('c', 2000);
    const found = await listUnrecordedJobs(paths());
    expect(found.map(({ buildId, endedAt }) => [buildId, endedAt])).toEqual([
      ['b', 1_000_000],
      ['c', 2_000_000],
      ['a', 3_000_000],
    ]);
  });

  test('A job that never had a process is not listed, even when its output files exist', async () => {
    await order('ordered');
    const { result, progress } = await order('opened');
    await writeFile(result, '');
    await writeFile(progress, '');
    expect(await listed()).toEqual([]);
    await markStarted(paths(), 'opened', undefined);
    expect(await listed()).toEqual(['opened']);
  });

  test('A job with a result is listed until it is recorded', async () => {
    await end('a', 1000);
    await end('b', 2000);
    await markRecorded(paths(), 'a');
    expect(await listed()).toEqual(['b']);
  });

  test('A build of version 0.1.0 that ended while no daemon ran is found by its job.json', async () => {
    const { folder, result } = jobFiles(paths(), 'old');
    await mkdir(folder, { recursive: true });
    const subject = { kind: 'build', buildId: 'old', subject: 'img', cloudIds: ['a'], reason: 'never built' };
    const startedAt = '2026-11-21T08:00:00.000Z';
    await writeFile(join(folder, 'job.json'), JSON.stringify({ ...subject, startedAt }));
    await writeFile(result, '{}');
    await utimes(result, 2000, 2000);
    expect(await listUnrecordedJobs(paths())).toEqual([
      { ...subject, startedAt: Date.parse(startedAt), endedAt: 2_000_000 },
    ]);
    await markRecorded(paths(), 'old');
    expect(await listed()).toEqual([]);
  });

  test('A list job is neither an unrecorded job nor an unknown folder', async () => {
    const files = jobFiles(paths(), 'list-1');
    await writeJobOrder(
      { ...orderHead({ id: 'list-1' }), kind: 'list', cloudIds: ['a'], extraImages: [] },
      files,
    );
    await markStarted(paths(), 'list-1', undefined);
    expect(await listed()).toEqual([]);
    expect(await listUnknownFolders(paths())).toEqual([]);
  });

  test('An unknown file among the jobs hides no job and is listed as unknown', async () => {
    await end('a', 1000);
    await writeFile(join(paths().jobs, 'unknown'), '');
    await mkdir(join(paths().jobs, 'odd', 'order.json'), { recursive: true });
    expect(await listed()).toEqual(['a']);
    expect(await listUnknownFolders(paths())).toEqual(['odd', 'unknown']);
  });
});

test('The newest 30 recorded jobs and every unrecorded job are kept', async () => {
  for (let index = 0; index < 33; index += 1) {
    await end(`j${index}`, 1000);
    if (index !== 0) await markRecorded(paths(), `j${index}`);
    await utimes(jobFiles(paths(), `j${index}`).folder, 1000 + index, 1000 + index);
  }
  await tidyJobs({ paths: paths(), orderer: { application: 'app', modelUuid: 'm', unit: 'app/0' } });
  const left = await readdir(paths().jobs);
  expect(left).toHaveLength(31);
  expect(left).toEqual(expect.arrayContaining(['j0', 'j3', 'j32']));
});
