import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath, kill } from 'node:process';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { adoptJob } from '../../src/builder/await-job.ts';
import { parseJobArguments } from '../../src/builder/job-processes.ts';
import { listOngoingJobs, stopJobs } from '../../src/builder/ongoing-jobs.ts';
import { PROGRAM_FILE, resolveCurrentProgram } from '../../src/builder/programs.ts';
import { upgradeApp } from '../../src/builder/upgrade-app.ts';
import { layOutCharm } from './support/host.ts';
import { until, useJobs } from './support/jobs.ts';
import { compileDaemon, startOtherDaemon } from './support/other-daemon.ts';

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

const OWNER = { application: 'app', model_uuid: 'model-1', unit: 'app/0', build_id: 'b1' };

/** Starts the program as nobody's job that has a job.json. */
async function startProgram(args: readonly string[]): Promise<ChildProcess> {
  const script = join(await resolveCurrentProgram(at.host.paths), PROGRAM_FILE);
  const child = spawn(execPath, [script, ...args], { env: { HOME: at.host.paths.state }, stdio: 'ignore' });
  children.push(child);
  await until(async () => (await at.calls()).some((call) => call.args.join() === args.join()));
  return child;
}

const startOwned = (owner: object, command: readonly string[] = ['run', 'img']) =>
  startProgram([...command, '--owner', JSON.stringify(owner)]);

describe('a job whose daemon was killed', () => {
  const startOrphan = async () => {
    await at.script({ run: { holdUntil: at.gate, result: { image_id: 'i' } } });
    const daemon = await startOtherDaemon(compiled, at.tools, ['run', 'img']);
    children.push(daemon);
    await at.waitForCalls(1);
    kill(-(daemon.pid ?? 0), 'SIGKILL'); // with all of its process group
    await once(daemon, 'exit');
  };

  test('runs on, is found again, and its end is told', async () => {
    await startOrphan();
    const [job] = await listOngoingJobs(at.tools);
    expect(job).toMatchObject({ kind: 'build', buildId: 'b1', subject: 'img', cloudIds: ['a'], reason: 'r' });
    if (job === undefined) throw new Error('unreachable');
    const outcome = adoptJob(job, at.tools);
    await at.release();
    expect(await outcome).toEqual({
      state: 'done',
      result: { job: 'build', imageId: 'i', warnings: [] },
    });
  });

  test('is found also when its program is not the current one any more', async () => {
    await startOrphan();
    await layOutCharm(at.host.charmDir, '2');
    await upgradeApp(at.host);
    const [job] = await listOngoingJobs(at.tools);
    expect(job?.buildId).toBe('b1');
    expect(await stopJobs(at.tools)).toBe(1);
    if (job !== undefined) expect(await adoptJob(job, at.tools)).toMatchObject({ kind: 'cancelled' });
  });

  test('is told from its command line when job.json is lost', async () => {
    await startOrphan();
    await rm(join(at.host.paths.jobs, 'b1/job.json'));
    const [job] = await listOngoingJobs(at.tools);
    expect(job).toMatchObject({ kind: 'build', buildId: 'b1', subject: 'img', cloudIds: [], reason: '' });
    expect(Math.abs((job?.startedAt ?? 0) - at.tools.clock.now())).toBeLessThan(60_000);
  });

  test('and that ended before it was adopted tells its result all the same', async () => {
    await startOrphan();
    const [job] = await listOngoingJobs(at.tools);
    await at.release();
    await until(async () => (await listOngoingJobs(at.tools)).length === 0);
    if (job === undefined) throw new Error('unreachable');
    expect(await adoptJob(job, at.tools)).toMatchObject({ state: 'done' });
  });
});

describe('not taken for a job of ours is', () => {
  test.each([
    ['one of another unit', { ...OWNER, unit: 'app/1' }],
    ["another model's unit of the same name", { ...OWNER, model_uuid: 'model-2' }],
    ['one of another application', { ...OWNER, application: 'other' }],
  ])('%s', async (_whose, owner) => {
    await at.script({ run: { holdUntil: at.gate } });
    await startOwned(owner);
    expect(await listOngoingJobs(at.tools)).toEqual([]);
    expect(await stopJobs(at.tools)).toBe(0);
  });

  test('a look at the clouds', async () => {
    await at.script({ list: { holdUntil: at.gate } });
    await startOwned(OWNER, ['list', '--clouds', 'a']);
    expect(await listOngoingJobs(at.tools)).toEqual([]);
  });

  test('a zombie', async () => {
    await at.script({ run: { holdUntil: at.gate } });
    const script = join(await resolveCurrentProgram(at.host.paths), PROGRAM_FILE);
    // Its parent has become a program that never waits for it.
    const command = `"$0" "$1" run img --owner "$2" & echo $!; exec cat`;
    const parent = spawn('sh', ['-c', command, execPath, script, JSON.stringify(OWNER)], {
      env: { ...at.tools.environment, PATH: '/usr/bin:/bin', HOME: at.host.paths.state },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    children.push(parent);
    const pid = Number(String((await once(parent.stdout, 'data'))[0]).trim());
    await at.waitForCalls(1);
    expect(await listOngoingJobs(at.tools)).toHaveLength(1);
    kill(pid, 'SIGKILL');
    await until(async () => (await readFile(`/proc/${pid}/stat`, 'utf8')).includes(') Z '));
    expect(await listOngoingJobs(at.tools)).toEqual([]);
  });
});

describe('a command line', () => {
  const script = '/p/0123abcd/dist/bin/github-runner-image-builder.js';
  const owned = ['--owner', JSON.stringify(OWNER)];
  const read = (...args: readonly string[]) => {
    const told = parseJobArguments(['node', ...args], '/p');
    return told === undefined ? undefined : [told.kind, told.subject, told.cloudIds, told.owner.buildId];
  };

  test.each([
    ['a build', ['run', 'img', ...owned, '--upload-clouds', 'a,b'], ['build', 'img', ['a', 'b'], 'b1']],
    [
      'a preparation',
      ['init', '--os-cloud', 'c', ...owned, '--base-image', 'noble'],
      ['prepare', 'noble', [], 'b1'],
    ],
    ['a copy', ['distribute', 'id', ...owned, '--upload-clouds', 'a'], ['copy', 'id', ['a'], 'b1']],
    ['a prune', ['prune', 'img', '--os-cloud', 'c', ...owned], ['prune', 'img', ['c'], 'b1']],
  ])('tells %s', (_what, args, told) => {
    expect(read(script, ...args)).toEqual(told);
  });

  test.each([
    [
      'of another folder',
      ['/other/0123abcd/dist/bin/github-runner-image-builder.js', 'run', 'img', ...owned],
    ],
    ['of another program', ['/p/0123abcd/dist/bin/scheduler.js', 'run', 'img', ...owned]],
    ['without owner', [script, 'run', 'img']],
    ['whose owner is no JSON', [script, 'run', 'img', '--owner', '{']],
    ['that only names the program', ['-e', '0', script, 'run', 'img', ...owned]],
    ['of an image called like an option', [script, 'run', '--owner', JSON.stringify(OWNER)]],
    ['without command', [script]],
  ])('%s tells none', (_what, args) => {
    expect(read(...args)).toBeUndefined();
  });
});

test('a job.json that is corrupt or of another job is passed over', async () => {
  await at.script({ run: { holdUntil: at.gate } });
  await startOwned({ ...OWNER, build_id: 'b2' });
  for (const text of ['{', '{}', JSON.stringify({ kind: 'prune', buildId: 'b2' })]) {
    await mkdir(join(at.host.paths.jobs, 'b2'), { recursive: true });
    await writeFile(join(at.host.paths.jobs, 'b2/job.json'), text);
    expect(await listOngoingJobs(at.tools)).toMatchObject([{ kind: 'build', subject: 'img', reason: '' }]);
  }
});
