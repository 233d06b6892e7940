import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { jobFiles, writeJobOrder } from '../../src/builder/jobs/job-files.ts';
import { ACTIONS } from '../../src/charm/actions/actions.ts';
import { type ResultLog, encodeFailure } from '../../src/model/result/program-result-common.ts';
import { encodeBuildResult } from '../../src/model/program-result.ts';
import { buildOrder } from '../builder/support/jobs.ts';
import type { TestUnit } from './support/unit.ts';
import { deploy, useUnit } from './support/use-unit.ts';

const fixture = useUnit();

const STARTED = '2026-11-26T10:00:00.000Z';
const IMAGE_ID = '5f9b2a3e-0000-4000-8000-000000000001';
const LOG: ResultLog = {
  runnerVersion: '2.331.0',
  flavor: 'small',
  network: 'net',
  steps: [{ name: 'wait for server', seconds: 12 }],
  parts: [
    { name: 'users', seconds: 1 },
    { name: 'apt', seconds: 60, versions: [{ name: 'jq', version: '1.6' }] },
  ],
  warnings: ['the console is slow'],
};

/** Leaves the files of a job that ran for 95 seconds and printed `result`. */
async function leaveJob(unit: TestUnit, id: string, result: string): Promise<void> {
  const files = jobFiles(unit.paths, id);
  await mkdir(unit.paths.jobs, { recursive: true });
  await writeJobOrder(buildOrder({ id, orderedAt: STARTED, reason: 'never built' }), files);
  const progress = [
    {
      time: '2026-11-26T10:00:05.000Z',
      level: 'info',
      message: 'step started',
      fields: { step: 'wait for server' },
    },
    {
      time: '2026-11-26T10:00:06.000Z',
      level: 'info',
      message: 'step note',
      fields: { step: 'wait for server', text: 'BUILD' },
    },
  ];
  await writeFile(files.progress, progress.map((line) => `${JSON.stringify(line)}\n`).join(''));
  await writeFile(files.result, result);
  const end = new Date(Date.parse(STARTED) + 95_000);
  for (const path of [files.progress, files.result]) await utimes(path, end, end);
}

const succeeded = (cloud: string): string =>
  encodeBuildResult(
    { imageName: 'img', cloud: 'builder', arch: 'x64', base: 'noble', buildId: 'good' },
    {
      ...LOG,
      imageId: IMAGE_ID,
      images: [
        { cloud, imageId: IMAGE_ID, outcome: 'copied', provenBy: 'hash', attempts: 1, seconds: 4 },
        { cloud: 'left', outcome: 'failed', kind: 'denied', reason: 'HTTP 403', attempts: 1, seconds: 1 },
      ],
    },
  );

const failed = encodeFailure(
  {
    kind: 'unavailable',
    type: 'DeadlineError',
    message: 'no answer within 60 s\n  last lines',
    step: 'wait for server',
    leftovers: ['server 1'],
  },
  LOG,
);

describe('the actions list-builds and show-build', () => {
  test('Without a build, list-builds says so and show-build names no id', async () => {
    const { unit } = fixture;
    await deploy(unit);
    expect((await unit.action('list-builds')).results).toEqual({ builds: 'none yet' });
    expect(await unit.action('show-build', { id: 'x' })).toMatchObject({
      status: 'failed',
      returnCode: 0,
      message: 'id: expected the id of a build of this unit, got x; this unit has none yet',
    });
  });

  test('list-builds shows image, reason, outcome, duration, and the id or the error of each build', async () => {
    const { unit } = fixture;
    const { cloudId } = await deploy(unit);
    await leaveJob(unit, 'good', succeeded(cloudId));
    await leaveJob(unit, 'bad', failed);
    await leaveJob(unit, 'killed', '');
    const start = {
      kind: 'build',
      image: 'img',
      reason: 'never built',
      started: STARTED,
      duration: '1 min 35 s',
    };
    expect((await unit.action('list-builds')).results).toEqual({
      builds: {
        good: { ...start, outcome: 'succeeded', 'image-id': IMAGE_ID },
        bad: { ...start, outcome: 'failed', error: 'no answer within 60 s last lines' },
        killed: { ...start, outcome: 'failed', error: 'the job ended without a result' },
      },
    });
  });

  test('show-build shows steps, parts, copies by application, and the end of the log', async () => {
    const { unit } = fixture;
    const { cloudId } = await deploy(unit);
    await leaveJob(unit, 'good', succeeded(cloudId));
    expect((await unit.action('show-build', { id: 'good' })).results).toEqual({
      ...{ kind: 'build', image: 'img', reason: 'never built', started: STARTED, duration: '1 min 35 s' },
      ...{ outcome: 'succeeded', 'image-id': IMAGE_ID },
      ...{ 'runner-version': '2.331.0', flavor: 'small', network: 'net' },
      steps: '12 s wait for server',
      parts: '1 s users\n60 s apt: jq 1.6',
      copies: `consumer: copied, ${IMAGE_ID}, 4 s\nleft: failed: HTTP 403`,
      warnings: 'the console is slow',
      log: '10:00:05Z step started wait for server\n10:00:06Z step note wait for server: BUILD',
    });
  });

  test('show-build shows the whole error, the step, and what could not be removed', async () => {
    const { unit } = fixture;
    await deploy(unit);
    await leaveJob(unit, 'bad', failed);
    expect((await unit.action('show-build', { id: 'bad' })).results).toMatchObject({
      outcome: 'failed',
      error: 'no answer within 60 s\n  last lines',
      'failed-step': 'wait for server',
      leftovers: 'server 1',
    });
    expect((await unit.action('show-build', { id: '../../desired.json' })).message).toMatch(
      /^id: expected the id of a build of this unit, got .*; the newest are bad$/,
    );
  });

  test('Every result that show-build returns is described in the reference', async () => {
    const { unit } = fixture;
    const { cloudId } = await deploy(unit);
    await leaveJob(unit, 'good', succeeded(cloudId));
    await leaveJob(unit, 'bad', failed);
    const described = Object.keys(ACTIONS.get('show-build')?.results ?? {});
    const returned = [
      ...Object.keys((await unit.action('show-build', { id: 'good' })).results),
      ...Object.keys((await unit.action('show-build', { id: 'bad' })).results),
    ];
    const ofTrials = ['runner', 'seconds-to-online', 'seconds-to-idle', 'job', 'job-seconds'];
    const ofOthers = ['things', 'checks', ...ofTrials]; // of prunes, preflights and trials, which have tests of their own
    expect(new Set([...returned, ...ofOthers])).toEqual(new Set(described));
  });

  test('A job that was ordered but never started is not listed', async () => {
    const { unit } = fixture;
    await deploy(unit);
    const files = jobFiles(unit.paths, 'ordered');
    await writeJobOrder(buildOrder({ id: 'ordered' }), files);
    await writeFile(join(files.folder, 'result.json'), '');
    expect((await unit.action('list-builds')).results).toEqual({ builds: 'none yet' });
  });
});
