import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import type { JobRequest } from '../../src/model/job/job-request.ts';
import { uuidOf } from '../support/uuid-of.ts';
import { type TestDaemon, until, useDaemons } from './support/daemon-fixture.ts';

const at = useDaemons();
const NOBLE = 'app-noble-x64';
const HOUR = 3_600_000;

const cancel = (jobId: string): readonly JobRequest[] => [{ action: '7', kind: 'cancel', jobId }];

/** Starts a daemon whose build runs until it is asked to stop. Returns the id of the build. */
async function startHeldBuild(): Promise<{ readonly daemon: TestDaemon; readonly id: string }> {
  await at.host.put('hold-build');
  const daemon = at.start();
  await until(async () => (await at.host.calls('build')).length === 1);
  const [call] = await at.host.calls('build');
  return { daemon, id: call?.order.id ?? '' };
}

/** Cancels a build and waits for the answer. */
async function cancelBuild(daemon: TestDaemon, id: string): Promise<void> {
  await at.host.putDesired({ jobRequests: cancel(id) });
  await daemon.advanceUntil(async () => (await at.host.built())?.answered.includes('7') === true);
}

const countBuilds = async (): Promise<number> => (await at.host.calls('build')).length;

/** A job that ends without a result causes a sweep. */
const runningKinds = async () => (await at.host.built())?.running.map(({ kind }) => kind);

describe('an action that cancels a job', () => {
  test('A cancelled build is stopped and answered, and is no failure', async () => {
    const { daemon, id } = await startHeldBuild();
    await cancelBuild(daemon, id);
    expect(await runningKinds()).not.toContain('build');
    expect((await at.host.built())?.failures).toEqual([]);
    expect(daemon.logged('job cancelled')).toMatchObject([
      { level: 'info', fields: { kind: 'build', subject: NOBLE, action: '7' } },
    ]);
    expect(daemon.logged('job failed')).toEqual([]);
    const journal: unknown = JSON.parse(await readFile(at.host.paths.journal, 'utf8'));
    expect(journal).toMatchObject({ failures: {}, cancelled: { [`build ${NOBLE} `]: { action: '7' } } });
  });

  test('A cancelled image is built again after the interval, and not before', async () => {
    const { daemon, id } = await startHeldBuild();
    await cancelBuild(daemon, id);
    await at.host.remove('hold-build');
    const due = at.clock.now() + 6 * HOUR;
    await daemon.advanceUntil(async () => (await at.host.built())?.nextBuildAt !== undefined);
    expect(Date.parse((await at.host.built())?.nextBuildAt ?? '')).toBeLessThanOrEqual(due);
    await at.clock.advance(HOUR);
    await daemon.tick();
    await daemon.reconcileTwice();
    expect(await countBuilds()).toBe(1);
    await at.clock.advance(5 * HOUR);
    await daemon.tick();
    await daemon.untilDone(`build ${NOBLE}`);
    expect(await countBuilds()).toBe(2);
  });

  test('A cancelled image is built at once when an action requests it', async () => {
    const { daemon, id } = await startHeldBuild();
    await cancelBuild(daemon, id);
    await at.host.remove('hold-build');
    const requests = [{ action: '8', builds: [{ imageName: NOBLE, buildId: 'asked' }] }];
    await at.host.putDesired({ requests });
    await daemon.advanceUntil(() => daemon.done().includes(`build ${NOBLE}`));
    expect(await at.host.images('builder')).toEqual([uuidOf('image of asked')]);
  });

  test('A requested build that waits for a slot is not started any more', async () => {
    const { daemon } = await startHeldBuild();
    const requests = [{ action: '8', builds: [{ imageName: NOBLE, buildId: 'waiting' }] }];
    await at.host.putDesired({ requests, jobRequests: cancel('waiting') });
    await daemon.advanceUntil(async () => (await at.host.built())?.answered.includes('8') === true);
    expect((await at.host.built())?.running).toHaveLength(1);
    await at.host.remove('hold-build');
    await daemon.untilDone(`build ${NOBLE}`);
    await daemon.reconcileTwice();
    expect(await countBuilds()).toBe(1);
  });

  test('A daemon that starts after the request stops the build that its predecessor started', async () => {
    const { daemon, id } = await startHeldBuild();
    await daemon.stop();
    await at.host.putDesired({ jobRequests: cancel(id) });
    const next = at.start();
    await next.advanceUntil(async () => (await at.host.built())?.answered.includes('7') === true);
    expect(await runningKinds()).not.toContain('build');
    expect((await at.host.built())?.failures).toEqual([]);
    expect(next.logged('job cancelled')).toHaveLength(1);
  });
});
