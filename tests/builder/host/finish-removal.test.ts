import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { execPath } from 'node:process';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { finishRemoval } from '../../../src/builder/host/finish-removal.ts';
import { jobFiles, writeJobOrder } from '../../../src/builder/jobs/job-files.ts';
import { encodeJobArguments } from '../../../src/model/job/job-arguments.ts';
import { type UnitPaths, unitPaths } from '../../../src/model/unit/unit-paths.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { buildOrder } from '../support/jobs.ts';

const ORDER = buildOrder();
const { application, modelUuid, unit } = ORDER.owner;
const HALF_HOUR_MS = 1_800_000;

let paths: UnitPaths;
let job: ChildProcess;
let clock: ManualClock;

/** Starts a job that runs until it is killed, in the folder of a unit that is being removed. */
beforeEach(async () => {
  paths = unitPaths(await mkdtemp(join(tmpdir(), 'removal-')), unit);
  clock = new ManualClock();
  const folder = join(paths.programs, '1/dist/bin');
  await mkdir(folder, { recursive: true });
  await writeFile(join(paths.programs, '1/package.json'), '{"type": "commonjs"}');
  const program = join(folder, 'github-runner-image-builder.js');
  await writeFile(program, 'setInterval(() => undefined, 1000); console.log();');
  await writeJobOrder(ORDER, jobFiles(paths, ORDER.id));
  await writeFile(paths.removal, JSON.stringify({ application, modelUuid, unit }));
  const args = [program, ...encodeJobArguments(ORDER)];
  job = spawn(execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(job.stdout ?? job, 'data');
});

afterEach(async () => {
  job.kill('SIGKILL');
  await rm(paths.root, { recursive: true });
});

const finish = (): Promise<void> => finishRemoval(paths, clock, new AbortController().signal);

async function untilWaiting(): Promise<void> {
  while (clock.sleeping === 0) await systemClock.sleep(5);
}

test('The folder of a removed unit is deleted after its last job has ended', async () => {
  const finishing = finish();
  await untilWaiting();
  expect(existsSync(paths.programs)).toBe(true);
  job.kill('SIGTERM');
  await once(job, 'exit');
  await clock.advance(1000);
  await finishing;
  expect(existsSync(paths.state)).toBe(false);
});

test('A last job that does not end is killed half an hour after the removal', async () => {
  const finishing = finish();
  await untilWaiting();
  const ended = once(job, 'exit');
  await clock.advance(HALF_HOUR_MS);
  expect(await ended).toEqual([null, 'SIGKILL']);
  await untilWaiting();
  await clock.advance(1000);
  await finishing;
  expect(existsSync(paths.state)).toBe(false);
});

test('The folder of a unit that was installed again stays', async () => {
  const finishing = finish();
  await untilWaiting();
  await rm(paths.removal);
  job.kill('SIGKILL');
  await once(job, 'exit');
  await clock.advance(1000);
  await finishing;
  expect(existsSync(paths.programs)).toBe(true);
});

test('A unit that is not being removed keeps its folder', async () => {
  await rm(paths.removal);
  await expect(finish()).rejects.toThrow('the unit is not being removed');
  expect(existsSync(paths.programs)).toBe(true);
});
