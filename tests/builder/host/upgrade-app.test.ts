import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, readdir, readlink, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { describe, expect, test } from '@jest/globals';
import { UpgradeApplicationError } from '../../../src/builder/errors.ts';
import { upgradeApp } from '../../../src/builder/upgrade-app.ts';
import { failureOf } from '../../support/cloud-fixture.ts';
import { layOutCharm, useHost } from '../support/host.ts';

const at = useHost();

const programs = () => at.host.paths.programs;
const current = () => readlink(join(programs(), 'current'));
const schedulerText = () => readFile(join(programs(), 'current/dist/bin/scheduler.js'), 'utf8');

describe('the program in the charm', () => {
  test('The program is installed only once', async () => {
    expect(await upgradeApp(at.host)).toBe(true);
    expect(await schedulerText()).toBe('// 1\n');
    expect(await upgradeApp(at.host)).toBe(false);
  });

  test('A new program replaces an old one, which is deleted when no process uses it', async () => {
    await upgradeApp(at.host);
    const first = await current();
    await layOutCharm(at.host.charmDir, '2');
    expect(await upgradeApp(at.host)).toBe(true);
    expect(await schedulerText()).toBe('// 2\n');
    expect(await readdir(programs())).not.toContain(first);
  });

  test.each([
    [
      'by its command line',
      (program: string) => ({ args: ['-e', 'process.stdin.resume()', program], cwd: '/' }),
    ],
    [
      'by its working folder',
      (program: string) => ({ args: ['-e', 'process.stdin.resume()'], cwd: program }),
    ],
  ])('An old program is kept while a process uses it, found %s', async (_how, usage) => {
    await upgradeApp(at.host);
    const first = await current();
    const { args, cwd } = usage(join(programs(), first));
    const user = spawn(execPath, args, { cwd, stdio: ['pipe', 'ignore', 'ignore'] });
    try {
      await once(user, 'spawn');
      await layOutCharm(at.host.charmDir, '2');
      await upgradeApp(at.host);
      expect(await readdir(programs())).toContain(first);
    } finally {
      user.kill('SIGKILL');
      await once(user, 'exit');
    }
    await upgradeApp(at.host);
    expect(await readdir(programs())).not.toContain(first);
  });

  test('A downgrade of the charm switches back to the earlier program', async () => {
    await upgradeApp(at.host);
    await layOutCharm(at.host.charmDir, '2');
    await upgradeApp(at.host);
    await layOutCharm(at.host.charmDir, '1');
    expect(await upgradeApp(at.host)).toBe(true);
    expect(await schedulerText()).toBe('// 1\n');
  });

  test.each([
    ['an empty file', (program: string) => truncate(join(program, 'node_modules/some/index.js'))],
    ['a missing file', (program: string) => rm(join(program, 'dist/bin/scheduler.js'))],
    ['a missing folder', (program: string) => rm(join(program, 'node_modules'), { recursive: true })],
    ['an empty package.json', (program: string) => truncate(join(program, 'package.json'))],
  ])('A program is installed again when a loss of power left it with %s', async (_what, damage) => {
    await upgradeApp(at.host);
    const program = join(programs(), await current());
    await damage(program);
    await writeFile(join(program, 'checked-in-boot'), 'another boot');
    await upgradeApp(at.host);
    expect(await schedulerText()).toBe('// 1\n');
    expect(await readFile(join(program, 'node_modules/some/index.js'), 'utf8')).not.toBe('');
    expect(await readFile(join(program, 'package.json'), 'utf8')).not.toBe('');
  });

  test('An installed program is checked once after each boot', async () => {
    await upgradeApp(at.host);
    const program = join(programs(), await current());
    const { ino } = await stat(program);
    await writeFile(join(program, 'checked-in-boot'), 'another boot');
    await upgradeApp(at.host);
    expect((await stat(program)).ino).toBe(ino);
    expect(await readFile(join(program, 'checked-in-boot'), 'utf8')).toMatch(/^[0-9a-f]{16}$/);
  });

  test('An installed program includes an executable Node', async () => {
    await mkdir(join(at.host.charmDir, 'bin'));
    await writeFile(join(at.host.charmDir, 'bin/node'), '#!/bin/sh\necho node\n', { mode: 0o755 });
    await upgradeApp(at.host);
    const node = spawn(join(programs(), 'current/bin/node'));
    expect(String((await once(node.stdout, 'data'))[0])).toBe('node\n');
  });

  test.each([
    [
      'no digest',
      (charm: string) => rm(join(charm, 'program-digest')),
      /program-digest: expected the digest/,
    ],
    [
      'a digest that is a path',
      (charm: string) => writeFile(join(charm, 'program-digest'), '../x'),
      /something else/,
    ],
    ['no program', (charm: string) => rm(join(charm, 'dist'), { recursive: true }), /expected the program/],
    ['no packages', (charm: string) => rm(join(charm, 'node_modules'), { recursive: true }), /node_modules/],
  ])('A charm with %s is refused and the old program stays in use', async (_what, damage, reason) => {
    await upgradeApp(at.host);
    await layOutCharm(at.host.charmDir, '2');
    await damage(at.host.charmDir);
    const error = await failureOf(upgradeApp(at.host));
    expect(error).toBeInstanceOf(UpgradeApplicationError);
    expect(error.message).toMatch(reason);
    expect(error.cause).toBeDefined();
    expect(await schedulerText()).toBe('// 1\n');
    expect((await readdir(programs())).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('An incomplete copy of the program is deleted', async () => {
    await mkdir(join(programs(), '.2.abc.tmp/dist'), { recursive: true });
    await upgradeApp(at.host);
    expect(await readdir(programs())).toEqual(expect.not.arrayContaining(['.2.abc.tmp']));
  });
});
