import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execPath, kill } from 'node:process';
import { afterEach, describe, expect, test } from '@jest/globals';
import { jobFiles, writeJobOrder } from '../../src/builder/jobs/job-files.ts';
import { listOngoingJobs } from '../../src/builder/jobs/ongoing-jobs.ts';
import { encodeJobArguments } from '../../src/model/job/job-arguments.ts';
import { type DetachedProgram, startDetached } from '../../src/system/process/command.ts';
import { systemClock } from '../../src/system/clock.ts';
import { buildOrder } from '../builder/support/jobs.ts';
import { uuidOf } from '../support/uuid-of.ts';
import type { TestUnit } from './support/unit.ts';
import { deploy, useUnit } from './support/use-unit.ts';

const fixture = useUnit();
const started: DetachedProgram[] = [];

afterEach(async () => {
  for (const { pid, ended } of started.splice(0)) {
    try {
      kill(pid, 'SIGKILL');
    } catch {
      // the process has ended already
    }
    await ended;
  }
});

/** Starts a build of the unit that runs until SIGTERM, or ignores even that. */
async function startBuild(unit: TestUnit, ignoresTerm = false): Promise<DetachedProgram> {
  const folder = join(unit.paths.programs, 'test/dist/bin');
  const program = join(folder, 'github-runner-image-builder.js');
  const log = join(unit.root, 'build.log');
  const ready = join(unit.root, 'build.ready');
  await mkdir(folder, { recursive: true });
  const onTerm = ignoresTerm ? '() => undefined' : '() => process.exit(143)';
  const lines = [
    `process.on('SIGTERM', ${onTerm});`,
    `require('node:fs').writeFileSync(${JSON.stringify(ready)}, '');`,
    'setInterval(() => undefined, 1000);',
  ];
  await writeFile(join(unit.paths.programs, 'test/package.json'), '{"type": "commonjs"}');
  await writeFile(program, lines.join('\n'));
  const owner = { application: 'app', modelUuid: unit.model.uuid, unit: 'app/0' };
  const order = buildOrder({ owner });
  await writeJobOrder(order, jobFiles(unit.paths, order.id));
  const args = [program, ...encodeJobArguments(order)];
  const out = openSync(log, 'w');
  const job = startDetached({
    file: execPath,
    args,
    env: {},
    cwd: '/',
    stdout: out,
    stderr: out,
    inherited: [],
  });
  closeSync(out);
  started.push(job);
  while (!existsSync(ready)) await systemClock.sleep(5);
  return job;
}

const jobsOf = ({ paths, model }: TestUnit) =>
  listOngoingJobs({ paths, orderer: { application: 'app', modelUuid: model.uuid, unit: 'app/0' } });

describe('stop', () => {
  test('The stop hook ends the scheduler and its builds, and later relation hooks start nothing', async () => {
    const { unit } = fixture;
    const { relation } = await deploy(unit);
    const build = await startBuild(unit);
    expect(await unit.hook('stop')).toBe(0);
    await build.ended;
    expect(unit.systemd.isActive).toBe(false);
    expect(await unit.dispatch({ kind: 'relation', change: 'broken', relationId: relation.id })).toBe(0);
    expect(await unit.hook('config-changed')).toBe(0);
    expect(unit.systemd.isActive).toBe(false);
  });

  test('The hooks start and install start the scheduler again after a stop', async () => {
    const { unit } = fixture;
    await deploy(unit);
    await unit.hook('stop');
    await unit.hook('start');
    expect(unit.systemd.isActive).toBe(true);
    await unit.hook('stop');
    await unit.hook('install');
    expect(unit.systemd.isActive).toBe(true);
  });

  test('The hooks stop and remove succeed on a unit that was never set up', async () => {
    const { unit } = fixture;
    expect(await unit.hook('stop')).toBe(0);
    expect(await unit.hook('remove')).toBe(0);
    expect(existsSync(unit.paths.state)).toBe(false);
  });
});

describe('remove', () => {
  test('The remove hook deletes all files of the unit from its host', async () => {
    const { unit } = fixture;
    await deploy(unit);
    await unit.hook('stop');
    expect(await unit.hook('remove')).toBe(0);
    const { state, run, log, serviceFile } = unit.paths;
    expect([state, run, log, serviceFile].filter((path) => existsSync(path))).toEqual([]);
    expect(unit.systemd).toMatchObject({ isActive: false, isEnabled: false });
  });

  test('The remove hook waits at most 3 seconds for builds that clean up, and leaves the rest to a process of its own', async () => {
    const { unit } = fixture;
    await deploy(unit);
    await startBuild(unit, true);
    let isRemoved = false;
    const removing = unit.hook('remove').then((code) => {
      isRemoved = true;
      return code;
    });
    while (unit.clock.sleeping < 2) await systemClock.sleep(5);
    await unit.clock.advance(2999);
    expect(isRemoved).toBe(false);
    expect(existsSync(unit.paths.cloudsYaml)).toBe(true);
    await unit.clock.advance(1);
    expect(await removing).toBe(0);
    const { state, run, log, serviceFile, programs, jobs, removal } = unit.paths;
    expect([run, log, serviceFile].filter((path) => existsSync(path))).toEqual([]);
    expect((await readdir(state)).map((name) => join(state, name)).sort()).toEqual([jobs, programs, removal]);
    expect(await readdir(jobs)).toEqual([buildOrder().id]);
    expect(unit.scripts).toEqual([
      expect.arrayContaining(['finish-removal', '--unit', 'app/0', '--root', unit.root]),
    ]);
  });

  test('The remove hook logs the commands that delete what a build has created until then, for each cloud', async () => {
    const { unit } = fixture;
    await deploy(unit);
    await startBuild(unit, true);
    const { progress } = jobFiles(unit.paths, buildOrder().id);
    const server = { cloud: 'builder', kind: 'server', id: uuidOf('server') };
    await writeFile(progress, `${JSON.stringify({ message: 'resource created', fields: server })}\n`);
    const removing = unit.hook('remove');
    while (unit.clock.sleeping < 2) await systemClock.sleep(5);
    await unit.clock.advance(3000);
    expect(await removing).toBe(0);
    const message = unit.model.log
      .map((line) => line.message)
      .find((text) => text.includes('still cleans up'));
    expect(message).toContain('cloud=builder');
    expect(message).toContain(`openstack server delete --wait '${server.id}'`);
  });

  test('A unit that is installed again while its last build cleans up is not deleted after it', async () => {
    const { unit } = fixture;
    await deploy(unit);
    await startBuild(unit, true);
    const removing = unit.hook('remove');
    while (unit.clock.sleeping < 2) await systemClock.sleep(5);
    await unit.clock.advance(3000);
    await removing;
    expect(await unit.hook('install')).toBe(0);
    expect(existsSync(unit.paths.removal)).toBe(false);
  });

  test('The remove hook does not wait when the builds have ended', async () => {
    const { unit } = fixture;
    await deploy(unit);
    const build = await startBuild(unit);
    await unit.hook('stop');
    await build.ended;
    expect(await jobsOf(unit)).toEqual([]);
    expect(await unit.hook('remove')).toBe(0);
  });
});
