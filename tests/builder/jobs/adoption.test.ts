import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kill } from 'node:process';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { adoptJob } from '../../../src/builder/jobs/await-job.ts';
import { jobFiles, writeJobOrder } from '../../../src/builder/jobs/job-files.ts';
import { listOngoingJobs, stopJobs } from '../../../src/builder/jobs/ongoing-jobs.ts';
import { upgradeApp } from '../../../src/builder/upgrade-app.ts';
import { encodeJobArguments, encodeJobOwner } from '../../../src/model/job/job-arguments.ts';
import { layOutCharm } from '../support/host.ts';
import { ORDERER, buildOrder, orderHead, until, useJobs } from '../support/jobs.ts';
import { startFakeJob, writeFakeProgram } from '../support/fake-job.ts';
import { compileDaemon, startOtherDaemon } from '../support/other-daemon.ts';
import { uuidOf } from '../../support/uuid-of.ts';

const at = useJobs();

let compiled = '';
beforeAll(async () => {
  compiled = await mkdtemp(join(tmpdir(), 'daemon-'));
  await compileDaemon(compiled);
}, 30_000);
afterAll(() => rm(compiled, { recursive: true }));

const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

describe('a job whose daemon was killed', () => {
  const startOrphan = async () => {
    await at.script({ build: { holdUntil: at.gate, result: { image_id: uuidOf('i') } } });
    const daemon = await startOtherDaemon(compiled, at.tools, buildOrder());
    children.push(daemon);
    await at.waitForCalls(1);
    kill(-(daemon.pid ?? 0), 'SIGKILL'); // with all of its process group
    await once(daemon, 'exit');
  };

  test('A job whose daemon was killed continues, is found and its end is reported', async () => {
    await startOrphan();
    const [job] = await listOngoingJobs(at.tools);
    expect(job).toMatchObject({ kind: 'build', buildId: 'b1', subject: 'img', cloudIds: ['a'] });
    if (job === undefined) throw new Error('unreachable');
    const outcome = adoptJob(job, at.tools);
    await at.release();
    expect(await outcome).toEqual({
      state: 'done',
      result: { job: 'build', imageId: uuidOf('i'), warnings: [] },
    });
  });

  test('A job is found when its program is no longer the current one', async () => {
    await startOrphan();
    await layOutCharm(at.host.charmDir, '2');
    await upgradeApp(at.host);
    const [job] = await listOngoingJobs(at.tools);
    expect(job?.buildId).toBe('b1');
    expect(await stopJobs(at.tools)).toBe(1);
    if (job !== undefined) expect(await adoptJob(job, at.tools)).toMatchObject({ kind: 'cancelled' });
  });

  test('A job that ended before it was adopted still reports its result', async () => {
    await startOrphan();
    const [job] = await listOngoingJobs(at.tools);
    await at.release();
    await until(async () => (await listOngoingJobs(at.tools)).length === 0);
    if (job === undefined) throw new Error('unreachable');
    expect(await adoptJob(job, at.tools)).toMatchObject({ state: 'done' });
  });
});

const OWNER = encodeJobOwner(ORDERER);

/** Writes an order without starting it. `folder` may be that of another job. */
async function writeOrder(change: Parameters<typeof buildOrder>[0] = {}, folder = 'b1'): Promise<void> {
  await writeJobOrder(buildOrder(change), jobFiles(at.host.paths, folder));
}

/** Starts a process with the arguments of a job, as any user can. */
async function startFake(args: readonly string[], change: Parameters<typeof startFakeJob>[2] = {}) {
  const child = await startFakeJob(at.host.paths, args, change);
  children.push(child);
  return child;
}

const ARGS = encodeJobArguments(buildOrder());

describe('a process with the arguments of a job', () => {
  test('A process with the arguments of a job counts as this job when the order exists', async () => {
    await writeOrder();
    await startFake(ARGS);
    expect(await listOngoingJobs(at.tools)).toMatchObject([
      { kind: 'build', buildId: 'b1', subject: 'img', cloudIds: ['a'], reason: 'never built' },
    ]);
  });

  test('A process with the arguments of a job does not count without an order', async () => {
    await startFake(ARGS);
    expect(await listOngoingJobs(at.tools)).toEqual([]);
    expect(await stopJobs(at.tools)).toBe(0);
  });

  test.each([
    ['another unit', 'app/1@model-1'],
    ["another model's unit of the same name", 'app/0@model-2'],
    ['nobody', ''],
  ])('A process does not count as our job when it belongs to %s', async (_owner, owner) => {
    await writeOrder();
    await startFake([...ARGS.slice(0, -1), owner]);
    expect(await listOngoingJobs(at.tools)).toEqual([]);
  });

  test.each([
    ['another id', { id: 'b2' }, 'build'],
    ['another kind', {}, 'prune'],
  ])('A process does not count as a job when its folder has an order of %s', async (_what, change, kind) => {
    await writeOrder(change, 'b1');
    await startFake(['job', kind, 'b1', '--owner', OWNER]);
    expect(await listOngoingJobs(at.tools)).toEqual([]);
  });

  test.each(['{', '{}', '{"format": 1, "kind": "build", "id": "b1"}'])(
    'A process does not count as a job when its order is damaged: %j',
    async (text) => {
      await writeOrder();
      await writeFile(jobFiles(at.host.paths, 'b1').order, text);
      await startFake(ARGS);
      expect(await listOngoingJobs(at.tools)).toEqual([]);
    },
  );

  test('An observation of the clouds does not count as a job', async () => {
    const order = { ...orderHead(), kind: 'list', cloudIds: ['a'], extraImages: [] } as const;
    await writeJobOrder(order, jobFiles(at.host.paths, 'b1'));
    await startFake(encodeJobArguments(order));
    expect(await listOngoingJobs(at.tools)).toEqual([]);
  });

  test('A zombie process does not count as a job', async () => {
    await writeOrder();
    const script = await writeFakeProgram(at.host.paths, {});
    // the parent becomes a program that never waits for its child
    const command = 'perl "$@" >&2 & echo $!; exec cat';
    const parent = spawn('sh', ['-c', command, 'sh', script, ...ARGS], { stdio: ['pipe', 'pipe', 'pipe'] });
    children.push(parent);
    const [output] = await Promise.all([once(parent.stdout, 'data'), once(parent.stderr, 'data')]);
    const pid = Number(String(output[0]).trim());
    expect(await listOngoingJobs(at.tools)).toHaveLength(1);
    kill(pid, 'SIGKILL');
    await until(async () => (await readFile(`/proc/${pid}/stat`, 'utf8')).includes(') Z '));
    expect(await listOngoingJobs(at.tools)).toEqual([]);
  });

  const asRoot = process.getuid?.() === 0 ? test : test.skip;

  asRoot.each(['real and effective', 'only real'] as const)(
    'A process of another user (%s user id) does not count as a job',
    async (otherUser) => {
      await writeOrder();
      await startFake(ARGS, { otherUser });
      expect(await listOngoingJobs(at.tools)).toEqual([]);
      expect(await stopJobs(at.tools)).toBe(0);
    },
  );
});
