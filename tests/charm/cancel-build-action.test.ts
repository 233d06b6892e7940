import { mkdir, writeFile } from 'node:fs/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { ChildProcess } from 'node:child_process';
import { jobFiles, writeJobOrder } from '../../src/builder/jobs/job-files.ts';
import { encodeJobArguments } from '../../src/model/job/job-arguments.ts';
import { buildOrder } from '../builder/support/jobs.ts';
import { startFakeJob } from '../builder/support/fake-job.ts';
import { built } from './support/facts.ts';
import type { TestUnit } from './support/unit.ts';
import { deploy, useUnit } from './support/use-unit.ts';

const fixture = useUnit();
let child: ChildProcess | undefined;

afterEach(() => {
  child?.kill('SIGKILL');
});

/** Writes the order of a job of the unit, and starts a process that counts as the job. */
async function startJob(unit: TestUnit, id: string): Promise<void> {
  const desired = await unit.desired();
  const owner = {
    application: 'app',
    modelUuid: desired?.modelUuid ?? '',
    unit: desired?.unit ?? '',
  };
  const order = buildOrder({ id, owner, orderedAt: '2026-11-26T10:00:00.000Z' });
  await mkdir(unit.paths.jobs, { recursive: true });
  await writeJobOrder(order, jobFiles(unit.paths, id));
  child = await startFakeJob(unit.paths, encodeJobArguments(order), {});
}

describe('the action cancel-build', () => {
  test('A running build is asked to stop, and the action does not wait for its end', async () => {
    const { unit } = fixture;
    await deploy(unit);
    await startJob(unit, 'b1');
    const task = await unit.action('cancel-build', { id: 'b1' });
    expect(task).toMatchObject({
      status: 'completed',
      results: { kind: 'build', image: 'img', reason: 'never built', outcome: 'being cancelled' },
    });
    expect((await unit.desired())?.jobRequests).toEqual([{ action: task.id, kind: 'cancel', jobId: 'b1' }]);
    await writeFile(jobFiles(unit.paths, 'b1').cancelled, '{"action":"1","at":0}');
    expect((await unit.action('show-build', { id: 'b1' })).results).toMatchObject({
      outcome: 'being cancelled',
    });
  });

  test('The request is kept until the scheduler has answered it', async () => {
    const { unit } = fixture;
    await deploy(unit);
    await startJob(unit, 'b1');
    const task = await unit.action('cancel-build', { id: 'b1' });
    await unit.hook('update-status');
    expect((await unit.desired())?.jobRequests).toHaveLength(1);
    await unit.report(built({ answered: [task.id] }));
    await unit.hook('update-status');
    expect((await unit.desired())?.jobRequests).toEqual([]);
  });

  test('A build that waits for its turn can be shown and cancelled', async () => {
    const { unit } = fixture;
    await deploy(unit);
    const { results } = await unit.action('run');
    const id = results['build-ids'] as string;
    const waiting = { kind: 'build', image: 'app-noble-x64', reason: 'asked by action 1' };
    expect((await unit.action('show-build', { id })).results).toEqual({ ...waiting, outcome: 'waiting' });
    expect((await unit.action('cancel-build', { id })).results).toEqual({
      ...waiting,
      outcome: 'being cancelled',
    });
  });

  test('An ended build is refused, and a cancelled one is shown as cancelled', async () => {
    const { unit } = fixture;
    await deploy(unit);
    await startJob(unit, 'b1');
    child?.kill('SIGKILL');
    await new Promise((resolve) => child?.once('exit', resolve));
    const files = jobFiles(unit.paths, 'b1');
    await writeFile(files.started, '');
    await writeFile(files.cancelled, '{"action":"1","at":0}');
    expect(await unit.action('cancel-build', { id: 'b1' })).toMatchObject({
      status: 'failed',
      returnCode: 0,
      message:
        'id: the build b1 of img has ended and cannot be cancelled; show-build id=b1 shows its outcome',
    });
    expect((await unit.action('show-build', { id: 'b1' })).results).toMatchObject({ outcome: 'cancelled' });
    expect((await unit.desired())?.jobRequests).toEqual([]);
  });

  test('A build that is being cancelled, or has ended without a report, is not shared by a later run', async () => {
    const { unit } = fixture;
    await deploy(unit);
    const run = async () => (await unit.action('run')).results['build-ids'] as string;
    const first = await run();
    expect(await run()).toBe(first);
    await unit.action('cancel-build', { id: first });
    const second = await run();
    expect(second).not.toBe(first);
    await startJob(unit, second);
    expect(await run()).toBe(second);
    child?.kill('SIGKILL');
    await new Promise((resolve) => child?.once('exit', resolve));
    await writeFile(jobFiles(unit.paths, second).started, '');
    expect(await run()).not.toBe(second);
  });

  test('An id that is that of no build is refused', async () => {
    const { unit } = fixture;
    await deploy(unit);
    expect(await unit.action('cancel-build', { id: '../x' })).toMatchObject({
      status: 'failed',
      message: 'id: expected the id of a build of this unit, got ../x; this unit has none yet',
    });
  });
});
