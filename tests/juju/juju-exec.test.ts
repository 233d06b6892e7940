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

/** Writes an executable that runs `script` in place of juju-exec. */
async function writeJujuExec(script: string): Promise<string> {
  const path = join(folder, 'juju-exec');
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

const dispatch = (jujuExec: string, run: RunCommand, stop = new AbortController()) =>
  dispatchCharm({ jujuExec, unit: 'app/0', event: 'built', run, timeoutMs: 20_000, signal: stop.signal });

describe('dispatchCharm', () => {
  test('Dispatching the charm runs juju-exec with one command and a deadline', async () => {
    const { run, requests } = scriptAnswers(() => ({}));
    expect(await dispatch('/usr/bin/juju-exec', run)).toEqual({ state: 'dispatched' });
    expect(requests).toMatchObject([
      {
        file: '/usr/bin/juju-exec',
        args: ['app/0', '[ -e program-digest ] || exit 86; JUJU_DISPATCH_PATH=hooks/built ./dispatch'],
        timeoutMs: 20_000,
      },
    ]);
  });

  test('The dispatch in a folder with another charm runs nothing and reports that the charm was replaced', async () => {
    const path = await writeJujuExec(`cd ${folder} && exec sh -c "$2"`);
    await writeFile(join(folder, 'dispatch'), `#!/bin/sh\necho ran >> ${folder}/ran\n`, { mode: 0o755 });
    expect(await dispatch(path, runCommand)).toEqual({ state: 'replaced' });
    await writeFile(join(folder, 'program-digest'), 'aaaa\n');
    expect(await dispatch(path, runCommand)).toEqual({ state: 'dispatched' });
    expect(await readFile(join(folder, 'ran'), 'utf8')).toBe('ran\n');
  });

  test('The juju-exec process receives no variable of a hook', async () => {
    const path = await writeJujuExec(
      `env | cut -d= -f1 | grep -v -x -e PWD -e SHLVL -e _ | sort > ${folder}/env`,
    );
    expect(await dispatch(path, runCommand)).toEqual({ state: 'dispatched' });
    expect(await readFile(join(folder, 'env'), 'utf8')).toBe('LANG\nPATH\n');
  });

  test('A failed dispatch is reported with the stderr of juju-exec', async () => {
    const { run } = scriptAnswers(() => failure('unit "app/0" not found on this machine', 2));
    expect(await dispatch('juju-exec', run)).toEqual({
      state: 'failed',
      message: 'juju-exec, event built: exit code 2: ERROR unit "app/0" not found on this machine',
    });
  });

  test('A juju-exec that cannot be run or does not exit in time is reported', async () => {
    const { run } = scriptAnswers(
      () => new CommandError('juju-exec: did not exit within 20 s and was stopped'),
    );
    expect(await dispatch('juju-exec', run)).toEqual({
      state: 'failed',
      message: 'juju-exec: did not exit within 20 s and was stopped',
    });
    const missing = await dispatch(join(folder, 'none'), runCommand);
    expect(missing).toMatchObject({ state: 'failed', message: expect.stringMatching(/could not be run/) });
  });

  test('The charm is not dispatched after the signal was aborted', async () => {
    const { run, requests } = scriptAnswers(() => ({}));
    const stop = new AbortController();
    stop.abort();
    expect(await dispatch('juju-exec', run, stop)).toEqual({ state: 'dropped' });
    expect(requests).toEqual([]);
  });

  test('An abort while juju-exec waits for the lock drops the dispatch and ends the process', async () => {
    const path = await writeJujuExec(`trap 'echo ended > ${folder}/end; exit 1' TERM
      echo > ${folder}/waiting
      while :; do sleep 0.05; done`);
    const stop = new AbortController();
    const dispatching = dispatch(path, runCommand, stop);
    while ((await readFile(join(folder, 'waiting'), 'utf8').catch(() => '')) === '');
    stop.abort();
    expect(await dispatching).toEqual({ state: 'dropped' });
    expect(await readFile(join(folder, 'end'), 'utf8')).toBe('ended\n');
  });
});
