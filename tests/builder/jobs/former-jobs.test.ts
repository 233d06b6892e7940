import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { adoptJob } from '../../../src/builder/jobs/await-job.ts';
import { jobFiles } from '../../../src/builder/jobs/job-files.ts';
import { parseProgramArguments } from '../../../src/builder/jobs/job-processes.ts';
import { listOngoingJobs } from '../../../src/builder/jobs/ongoing-jobs.ts';
import { startFakeJob } from '../support/fake-job.ts';
import { useJobs } from '../support/jobs.ts';
import { uuidOf } from '../../support/uuid-of.ts';

const at = useJobs();

const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
});

const OWNER = { application: 'app', model_uuid: 'model-1', unit: 'app/0', build_id: 'b1' };
const JOB = { kind: 'build', buildId: 'b1', subject: 'img', cloudIds: ['a'], reason: 'never built' } as const;
const STARTED_AT = '2026-11-21T08:00:00.000Z';

/** Writes job.json in the form of version 0.1.0. */
async function writeJobJson(change: object = {}): Promise<void> {
  const { folder } = jobFiles(at.host.paths, 'b1');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'job.json'), JSON.stringify({ ...JOB, startedAt: STARTED_AT, ...change }));
}

async function startBuild(change: Parameters<typeof startFakeJob>[2] = {}): Promise<ChildProcess> {
  const args = ['run', 'img', '--owner', JSON.stringify(OWNER), '--upload-clouds', 'a'];
  const child = await startFakeJob(at.host.paths, args, change);
  children.push(child);
  return child;
}

describe('a build that version 0.1.0 started', () => {
  test('A build of version 0.1.0 is found by its job.json and its end is awaited', async () => {
    await writeJobJson();
    const child = await startBuild();
    const [job] = await listOngoingJobs(at.tools);
    expect(job).toEqual({ ...JOB, startedAt: Date.parse(STARTED_AT) });
    if (job === undefined) throw new Error('unreachable');
    const outcome = adoptJob({ ...job, startedAt: at.tools.clock.now() }, at.tools);
    await writeFile(jobFiles(at.host.paths, 'b1').result, `{"image_id": "${uuidOf('i')}"}`);
    child.kill('SIGKILL');
    expect(await outcome).toMatchObject({ state: 'done', result: { job: 'build', imageId: uuidOf('i') } });
  });

  test.each([
    ['another id', { buildId: 'b2' }],
    ['another kind', { kind: 'prune' }],
    ['no time', { startedAt: 'yesterday' }],
  ])('A build of version 0.1.0 is not found when its job.json has %s', async (_what, change) => {
    await writeJobJson(change);
    await startBuild();
    expect(await listOngoingJobs(at.tools)).toEqual([]);
  });

  test('A build of version 0.1.0 is not found without job.json', async () => {
    await startBuild();
    expect(await listOngoingJobs(at.tools)).toEqual([]);
  });

  const asRoot = process.getuid?.() === 0 ? test : test.skip;

  asRoot('A build of version 0.1.0 is not found when another user started its process', async () => {
    await writeJobJson();
    await startBuild({ otherUser: 'real and effective' });
    expect(await listOngoingJobs(at.tools)).toEqual([]);
  });
});

describe('a command line of version 0.1.0', () => {
  const script = '/p/0123abcd/dist/bin/github-runner-image-builder.js';
  const owned = ['--owner', JSON.stringify(OWNER)];
  const read = (...args: readonly string[]) => parseProgramArguments(['node', ...args], '/p');

  test.each([
    ['a build', ['run', 'img', ...owned, '--upload-clouds', 'a,b'], 'build'],
    ['a preparation', ['init', '--os-cloud', 'c', ...owned, '--base-image', 'noble'], 'prepare'],
    ['a copy', ['distribute', 'id', ...owned, '--upload-clouds', 'a'], 'copy'],
    ['a prune', ['prune', 'img', '--os-cloud', 'c', ...owned], 'prune'],
  ])('A command line of version 0.1.0 names %s', (_what, args, kind) => {
    expect(read(script, ...args)).toEqual({ kind, buildId: 'b1', owner: 'app/0@model-1' });
  });

  test.each([
    [
      'in another folder',
      ['/other/0123abcd/dist/bin/github-runner-image-builder.js', 'run', 'img', ...owned],
    ],
    ['of another program', ['/p/0123abcd/dist/bin/scheduler.js', 'run', 'img', ...owned]],
    ['without an owner', [script, 'run', 'img']],
    ['with an owner that is not JSON', [script, 'run', 'img', '--owner', '{']],
    [
      'with an application that the unit does not belong to',
      [script, 'run', 'img', '--owner', JSON.stringify({ ...OWNER, application: 'other' })],
    ],
    ['of Node that only mentions the program', ['-e', '0', script, 'run', 'img', ...owned]],
    ['with an option instead of an image', [script, 'run', '--owner', JSON.stringify(OWNER)]],
    ['of an observation of the clouds', [script, 'list', '--clouds', 'a', ...owned]],
    ['without a command', [script]],
  ])('A command line %s names no job', (_what, args) => {
    expect(read(...args)).toBeUndefined();
  });
});
