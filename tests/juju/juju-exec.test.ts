import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { dispatchCharm } from '../../src/juju/juju-exec.ts';
import { CommandError, type RunCommand, runCommand } from '../../src/system/process/command.ts';
import { failure, scriptAnswers } from './scripted-tools.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'juju-exec-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** An executable that runs `script` in place of juju-exec. */
async function jujuExecThat(script: string): Promise<string> {
  const path = join(folder, 'juju-exec');
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

const enter = (jujuExec: string, run: RunCommand, stop = new AbortController()) =>
  dispatchCharm({ jujuExec, unit: 'app/0', event: 'built', run, timeoutMs: 20_000, signal: stop.signal });

describe('entering the charm', () => {
  test('passes one command, a deadline, and nothing of our own environment', async () => {
    const { run, requests } = scriptAnswers(() => ({}));
    expect(await enter('/usr/bin/juju-exec', run)).toEqual({ state: 'dispatched' });
    expect(requests).toMatchObject([
      {
        file: '/usr/bin/juju-exec',
        args: ['app/0', 'JUJU_DISPATCH_PATH=hooks/built ./dispatch'],
        timeoutMs: 20_000,
      },
    ]);
  });

  test('works with a real juju-exec, which sees no variable of a hook', async () => {
    const path = await jujuExecThat(
      `env | cut -d= -f1 | grep -v -x -e PWD -e SHLVL -e _ | sort > ${folder}/env`,
    );
    expect(await enter(path, runCommand)).toEqual({ state: 'dispatched' });
    expect(await readFile(join(folder, 'env'), 'utf8')).toBe('LANG\nPATH\n');
  });

  test('that fails is told, with what juju-exec said', async () => {
    const { run } = scriptAnswers(() => failure('unit "app/0" not found on this machine', 2));
    expect(await enter('juju-exec', run)).toEqual({
      state: 'failed',
      message: 'juju-exec, event built: exit code 2: ERROR unit "app/0" not found on this machine',
    });
  });

  test('that cannot start or does not end is told', async () => {
    const { run } = scriptAnswers(
      () => new CommandError('juju-exec: did not exit within 20 s and was stopped'),
    );
    expect(await enter('juju-exec', run)).toEqual({
      state: 'failed',
      message: 'juju-exec: did not exit within 20 s and was stopped',
    });
    const missing = await enter(join(folder, 'none'), runCommand);
    expect(missing).toMatchObject({ state: 'failed', message: expect.stringMatching(/could not be run/) });
  });

  test('is not tried once we stop', async () => {
    const { run, requests } = scriptAnswers(() => ({}));
    const stop = new AbortController();
    stop.abort();
    expect(await enter('juju-exec', run, stop)).toEqual({ state: 'dropped' });
    expect(requests).toEqual([]);
  });

  test('is dropped while it waits for the lock when we stop, and its process ends', async () => {
    const path = await jujuExecThat(`trap 'echo ended > ${folder}/end; exit 1' TERM
      echo > ${folder}/waiting
      while :; do sleep 0.05; done`);
    const stop = new AbortController();
    const entering = enter(path, runCommand, stop);
    while ((await readFile(join(folder, 'waiting'), 'utf8').catch(() => '')) === '');
    stop.abort();
    expect(await entering).toEqual({ state: 'dropped' });
    expect(await readFile(join(folder, 'end'), 'utf8')).toBe('ended\n');
  });
});
