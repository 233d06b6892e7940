import { describe, expect, test } from '@jest/globals';
import type { CommandRequest, CommandResult } from '../../src/system/command.ts';
import { SystemdError, openSystemd } from '../../src/system/systemd.ts';
import { failureOf } from '../support/http-fixture.ts';

function answer(result: Partial<CommandResult>) {
  const asked: CommandRequest[] = [];
  const systemd = openSystemd('/bin/systemctl', (request) => {
    asked.push(request);
    return Promise.resolve({ exitCode: 0, signal: undefined, stdout: '', stderr: '', ...result });
  });
  return { systemd, asked };
}

describe('systemd', () => {
  test('is asked in its own words, and with nothing of our environment', async () => {
    const { systemd, asked } = answer({});
    await systemd.reload();
    await systemd.enable('a.service');
    await systemd.disable('a.service');
    await systemd.start('a.service');
    await systemd.restart('a.service');
    await systemd.stop('a.service');
    await systemd.resetFailed('a.service');
    await systemd.isActive('a.service');
    await systemd.isEnabled('a.service');
    expect(asked.map(({ args }) => args.join(' '))).toEqual([
      'daemon-reload',
      'enable a.service',
      'disable a.service',
      'start a.service',
      'restart a.service',
      'stop a.service',
      'reset-failed a.service',
      'is-active --quiet a.service',
      'is-enabled --quiet a.service',
    ]);
    expect(Object.keys(asked[0]?.env ?? {})).toEqual(['PATH', 'LANG']);
  });

  test('that refuses is quoted', async () => {
    const { systemd } = answer({ exitCode: 4, stderr: 'Access denied\n' });
    const error = await failureOf(systemd.start('a.service'));
    expect(error).toBeInstanceOf(SystemdError);
    expect(error.message).toBe('systemctl start a.service exited with 4: Access denied');
  });

  test('that was killed did not do it', async () => {
    const { systemd } = answer({ exitCode: undefined, signal: 'SIGKILL' });
    expect((await failureOf(systemd.reload())).message).toMatch(/was ended by SIGKILL/);
  });

  test('has stopped a service that it does not know, but not started it', async () => {
    const { systemd } = answer({ exitCode: 5, stderr: 'not loaded' });
    await expect(systemd.stop('a.service')).resolves.toBeUndefined();
    expect(await failureOf(systemd.start('a.service'))).toBeInstanceOf(SystemdError);
  });

  test('has forgotten the failures of a service that it does not know', async () => {
    const { systemd } = answer({ exitCode: 1, stderr: 'not loaded' });
    await expect(systemd.resetFailed('a.service')).resolves.toBeUndefined();
  });

  test.each([
    [0, true],
    [3, false],
  ])('that answers %d says whether a service is active: %p', async (exitCode, isSo) => {
    expect(await answer({ exitCode }).systemd.isActive('a.service')).toBe(isSo);
  });
});
