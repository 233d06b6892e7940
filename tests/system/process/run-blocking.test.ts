import { describe, expect, test } from '@jest/globals';
import {
  CommandError,
  type CommandRequest,
  type RunCommand,
  runCommand,
} from '../../../src/system/process/command.ts';
import { runBlocking } from '../../../src/system/process/run-blocking.ts';

const WAYS: readonly (readonly [string, RunCommand])[] = [
  ['runCommand', runCommand],
  ['runBlocking', runBlocking],
];

const shell = (script: string, more: Partial<CommandRequest> = {}): CommandRequest => ({
  file: 'sh',
  args: ['-c', script],
  env: { PATH: '/usr/bin:/bin' },
  timeoutMs: 30_000,
  ...more,
});

describe.each(WAYS)('A program that %s runs', (_, run) => {
  test('The result has the output and the exit code, zero or not', async () => {
    expect(await run(shell('echo out; echo "err ☃" >&2; exit 3'))).toEqual({
      exitCode: 3,
      signal: undefined,
      stdout: 'out\n',
      stderr: 'err ☃\n',
    });
  });

  test('The program has the given environment and folder, and an empty input', async () => {
    const request = shell('env | grep -v "^PWD=\\|^_=\\|^SHLVL="; pwd; cat', {
      env: { PATH: '/usr/bin:/bin', A: 'b c' },
      cwd: '/usr',
    });
    expect((await run(request)).stdout.split('\n').sort()).toEqual([
      '',
      '/usr',
      'A=b c',
      'PATH=/usr/bin:/bin',
    ]);
  });

  test('The program reads its input to the end', async () => {
    const input = 'ü'.repeat(300_000);
    expect((await run(shell('cat', { input }))).stdout).toBe(input);
  });

  test('The program may exit without reading its input', async () => {
    expect(await run(shell('exit 0', { input: 'x'.repeat(300_000) }))).toMatchObject({ exitCode: 0 });
  });

  test('A program that a signal ends has no exit code', async () => {
    expect(await run(shell('kill -TERM $$'))).toMatchObject({ exitCode: undefined, signal: 'SIGTERM' });
  });

  test('A program that does not exist is an error', async () => {
    const running = run(shell('', { file: 'no-such-program' }));
    await expect(running).rejects.toThrow(CommandError);
    await expect(running).rejects.toThrow('no-such-program: could not be run (ENOENT)');
  });

  test('A program that exceeds its timeout is killed and an error', async () => {
    const running = run(shell('exec sleep 60', { timeoutMs: 50 }));
    await expect(running).rejects.toThrow(CommandError);
    await expect(running).rejects.toThrow('sh: did not exit within 0.05 s and was stopped');
  });
});

test('runBlocking kills a program that ignores SIGTERM and one that prints without end', async () => {
  const stubborn = runBlocking(shell('trap "" TERM; while :; do :; done', { timeoutMs: 50 }));
  await expect(stubborn).rejects.toThrow(/did not exit within 0.05 s/);
  await expect(runBlocking(shell('exec yes'))).rejects.toThrow(/printed more than 16777216 bytes/);
});
