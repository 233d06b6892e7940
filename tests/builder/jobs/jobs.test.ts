import { readFile, readdir, readlink, realpath, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { awaitJob } from '../../../src/builder/jobs/await-job.ts';
import { listOngoingJobs, stopJobs } from '../../../src/builder/jobs/ongoing-jobs.ts';
import { readStep } from '../../../src/builder/jobs/read-step.ts';
import { startJob } from '../../../src/builder/jobs/start-job.ts';
import { CancelledError, InputError } from '../../../src/model/errors.ts';
import type { OrderOf } from '../../../src/model/job/job-order.ts';
import { failureOf } from '../../support/cloud-fixture.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { PROXY_PASSWORD, SCRIPT_URL, SECRET, buildOrder, until, useJobs } from '../support/jobs.ts';
import { uuidOf } from '../../support/uuid-of.ts';

const at = useJobs();

const HOUR = 3_600_000;

const startHeld = async (change: Partial<OrderOf<'build'>> = {}, tools = at.tools) => {
  await at.script({ build: { holdUntil: at.gate, result: { image_id: uuidOf('i') } } });
  const before = (await at.calls()).length;
  const job = await startJob(buildOrder(change), tools);
  await at.waitForCalls(before + 1);
  return job;
};

describe('a job', () => {
  test('A job that ended returns the printed result and is no longer listed as running', async () => {
    const job = await startHeld();
    expect(await listOngoingJobs(at.tools)).toEqual([
      {
        kind: 'build',
        buildId: 'b1',
        subject: 'img',
        cloudIds: ['a'],
        reason: 'never built',
        startedAt: job.startedAt,
      },
    ]);
    await at.release();
    expect(await awaitJob(job, at.tools)).toEqual({
      state: 'done',
      result: { job: 'build', imageId: uuidOf('i'), warnings: [] },
    });
    expect(await listOngoingJobs(at.tools)).toEqual([]);
  });

  test('The files of a job are readable only by root', async () => {
    await awaitJob(await startJob(buildOrder(), at.tools), at.tools);
    const folder = join(at.host.paths.jobs, 'b1');
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect(await readdir(folder)).toEqual(['order.json', 'progress.log', 'result.json', 'started']);
    for (const name of await readdir(folder))
      expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
  });

  test('The environment of a job contains only the variables that it needs', async () => {
    const { paths } = at.host;
    await writeFile(paths.key, `${'5'.repeat(64)}\n`);
    await awaitJob(await startJob(buildOrder(), at.tools), at.tools);
    const [call] = await at.calls();
    expect(call?.env).toEqual({
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      LANG: 'C.UTF-8',
      MALLOC_ARENA_MAX: '1',
      HOME: paths.state,
      OS_CLIENT_CONFIG_FILE: paths.cloudsYaml,
      OS_CLIENT_SECURE_FILE: '/dev/null',
      SSL_CERT_FILE: '/ca.pem',
      IMAGE_BUILDER_MACHINE: expect.stringMatching(/^(?!5{64})[0-9a-f]{64}$/),
    });
  });

  test('A job runs the program from its real folder and not through the link that an upgrade switches', async () => {
    const job = await startHeld();
    const [, script] = (await readFile(`/proc/${job.process?.pid ?? 0}/cmdline`, 'utf8')).split('\0');
    expect(script).toMatch(/\/programs\/[0-9a-f]{32}\/dist\/bin\/github-runner-image-builder\.js$/);
  });

  test('A job has owner, kind and id in its arguments and its order in the working folder', async () => {
    await awaitJob(await startJob(buildOrder(), at.tools), at.tools);
    const [call] = await at.calls();
    expect(call?.args).toEqual(['job', 'build', 'b1', '--owner', 'app/0@model-1']);
    expect(call?.cwd).toBe(join(at.host.paths.jobs, 'b1'));
    expect(call?.order).toMatchObject({ kind: 'build', id: 'b1', imageName: 'img', cloudIds: ['a'] });
  });

  test('A job receives the secrets only through a descriptor', async () => {
    const job = await startHeld();
    const proc = `/proc/${job.process?.pid ?? 0}`;
    const visible = `${await readFile(`${proc}/cmdline`, 'utf8')}${await readFile(`${proc}/environ`, 'utf8')}`;
    expect(visible).toMatch('github-runner-image-builder');
    expect(visible).not.toMatch('MARKED');
    const order = await readFile(join(at.host.paths.jobs, 'b1/order.json'), 'utf8');
    expect(order).toMatch('"scriptUrl":"secrets.json"');
    expect(order).not.toMatch('MARKED');
    const [call] = await at.calls();
    expect(JSON.parse(call?.secrets ?? '')).toEqual({
      generation: 1,
      scriptUrl: SCRIPT_URL,
      scriptSecrets: { TOKEN: SECRET },
      proxy: { http: '', https: `http://u:${PROXY_PASSWORD}@proxy:3128`, noProxy: '' },
      openstackCa: 'CA',
      github: {},
    });
  });

  test('The descriptor of a job leads to a file without a name beside secrets.json, and cannot be written', async () => {
    const job = await startHeld();
    const proc = `/proc/${job.process?.pid ?? 0}`;
    const folder = dirname(await realpath(at.host.paths.secrets));
    expect(await readlink(`${proc}/fd/3`)).toBe(`${folder}/secrets.json.b1 (deleted)`);
    expect(await readFile(`${proc}/fdinfo/3`, 'utf8')).toMatch(/^flags:\s0\d*0$/m);
    expect(await readdir(folder)).toEqual(['secrets.json']);
  });

  test('A job is not started when the secrets changed after the plan', async () => {
    const error = await failureOf(startJob(buildOrder({ secretsGeneration: 2 }), at.tools));
    expect(error).toMatchObject({ name: 'StaleSecretsError', kind: 'unavailable' });
    expect(await readdir(at.host.paths.jobs)).toEqual([]);
  });

  test('A job is not started twice and the running one keeps its output', async () => {
    const job = await startHeld();
    const error = await failureOf(startJob(buildOrder(), at.tools));
    expect(error).toBeInstanceOf(InputError);
    await at.release();
    expect(await awaitJob(job, at.tools)).toMatchObject({ state: 'done' });
  });

  test('A job with the id of an ended job runs again and finds no file of the first', async () => {
    await awaitJob(await startJob(buildOrder(), at.tools), at.tools);
    await writeFile(join(at.host.paths.jobs, 'b1/settled'), '');
    await at.script({ build: { result: { image_id: uuidOf('second') } } });
    const again = await startJob(buildOrder(), at.tools);
    expect(await awaitJob(again, at.tools)).toEqual({
      state: 'done',
      result: { job: 'build', imageId: uuidOf('second'), warnings: [] },
    });
    expect(await readdir(join(at.host.paths.jobs, 'b1'))).not.toContain('settled');
  });

  test('The current step of a job can be read while it runs', async () => {
    const started = {
      time: 't',
      level: 'info',
      message: 'step started',
      fields: { step: 'wait for server' },
    };
    await at.script({ build: { stderr: [JSON.stringify(started)], holdUntil: at.gate } });
    await startJob(buildOrder(), at.tools);
    await at.waitForCalls(1);
    expect(await readStep('b1', at.tools)).toBe('wait for server');
    expect(await readStep('unknown', at.tools)).toBe('');
  });
});

describe('a job that fails', () => {
  test('A failed job reports kind, step, leftovers and result', async () => {
    const error = {
      kind: 'denied',
      type: 'X',
      message: 'no',
      step: 'create server',
      leftovers: ['server 1'],
    };
    await at.script({ build: { result: { error, images: [] }, exitCode: 3 } });
    const outcome = await awaitJob(await startJob(buildOrder(), at.tools), at.tools);
    expect(outcome).toEqual({
      state: 'failed',
      kind: 'denied',
      message: 'no',
      step: 'create server',
      leftovers: ['server 1'],
      result: { job: 'build', error, images: [], warnings: [] },
    });
  });

  test('A job that was killed names the clouds that it was copying to', async () => {
    const line = (message: string, step: string): string => JSON.stringify({ message, fields: { step } });
    const stderr = [line('step started', 'copy image to a'), line('step started', 'copy image to b')];
    const end = line('step finished', 'copy image to a');
    await at.script({ build: { stdout: '', stderr: [...stderr, end], exitCode: 1 } });
    const outcome = await awaitJob(await startJob(buildOrder(), at.tools), at.tools);
    expect(outcome).toMatchObject({ state: 'failed', copyingTo: ['b'] });
  });

  test.each([
    ['nothing', ''],
    ['half of a result', '{"image_id": "i'],
    ['something else', '[]'],
  ])('A job that printed %s fails as unavailable with the last line of its log', async (_what, stdout) => {
    await at.script({ build: { stdout, stderr: ['first', 'out of memory'], exitCode: 1 } });
    const outcome = await awaitJob(await startJob(buildOrder(), at.tools), at.tools);
    expect(outcome).toMatchObject({ state: 'failed', kind: 'unavailable' });
    expect(outcome).toHaveProperty(
      'message',
      `the job ended without a result: out of memory (see ${at.host.paths.jobs}/b1)`,
    );
  });

  test('A job that hangs is asked to stop after eight hours', async () => {
    const clock = new ManualClock();
    const job = await startHeld({}, { ...at.tools, clock });
    const outcome = awaitJob(job, { ...at.tools, clock });
    await until(() => clock.sleeping > 0);
    await clock.advance(8 * HOUR - 1);
    expect(await listOngoingJobs(at.tools)).toHaveLength(1);
    await clock.advance(1);
    expect(await outcome).toMatchObject({
      state: 'failed',
      kind: 'unavailable',
      message: 'did not end within 8 h and was stopped: stopped by SIGTERM',
    });
  });

  test('A job that hangs in its clean-up is killed half an hour later', async () => {
    await at.script({ build: { holdUntil: at.gate, ignoresTerm: true } });
    const clock = new ManualClock();
    const tools = { ...at.tools, clock };
    const outcome = awaitJob(await startJob(buildOrder(), tools), tools);
    await at.waitForCalls(1);
    await until(() => clock.sleeping > 0);
    await clock.advance(8 * HOUR);
    await until(() => clock.sleeping > 0);
    await clock.advance(HOUR / 2);
    expect(await outcome).toMatchObject({ state: 'failed', kind: 'unavailable' });
  });
});

describe('the stop of the daemon', () => {
  test('The daemon no longer waits for a job when it stops, and the job continues', async () => {
    const stop = new AbortController();
    const tools = { ...at.tools, signal: stop.signal };
    const job = await startHeld({}, tools);
    const error = failureOf(awaitJob(job, tools));
    stop.abort(new CancelledError('the daemon stops'));
    expect(await error).toBeInstanceOf(CancelledError);
    expect(await listOngoingJobs(at.tools)).toHaveLength(1);
    expect(await failureOf(startJob(buildOrder({ id: 'b2' }), tools))).toBeInstanceOf(CancelledError);
  });

  test('Jobs that are asked to stop clean up', async () => {
    const job = await startHeld();
    expect(await stopJobs(at.tools)).toBe(1);
    expect(await awaitJob(job, at.tools)).toMatchObject({ state: 'failed', kind: 'cancelled' });
    expect(await stopJobs(at.tools)).toBe(0);
  });
});
