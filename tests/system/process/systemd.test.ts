import { describe, expect, test } from '@jest/globals';
import type { CommandRequest, CommandResult } from '../../../src/system/process/command.ts';
import { SystemdError, openSystemd } from '../../../src/system/process/systemd.ts';
import { failureOf } from '../../support/cloud-fixture.ts';

function answer(result: Partial<CommandResult>) {
  const requests: CommandRequest[] = [];
  const systemd = openSystemd('/bin/systemctl', (request) => {
    requests.push(request);
    return Promise.resolve({ exitCode: 0, signal: undefined, stdout: '', stderr: '', ...result });
  });
  return { systemd, requests };
}

describe('systemd', () => {
  test('each operation runs one systemctl command without our environment', async () => {
    const { systemd, requests } = answer({});
    await systemd.reload();
    await systemd.enable('a.service');
    await systemd.disable('a.service');
    await systemd.start('a.service');
    await systemd.restart('a.service');
    await systemd.stop('a.service');
    await systemd.resetFailed('a.service');
    await systemd.stateOf('a.service');
    expect(requests.map(({ args }) => args.join(' '))).toEqual([
      'daemon-reload',
      'enable a.service',
      'disable a.service',
      'start a.service',
      'restart a.service',
      'stop a.service',
      'reset-failed a.service',
      'show --property=ActiveState,UnitFileState a.service',
    ]);
    expect(Object.keys(requests[0]?.env ?? {})).toEqual(['PATH', 'LANG']);
  });

  test('an error of systemctl is quoted', async () => {
    const { systemd } = answer({ exitCode: 4, stderr: 'Access denied\n' });
    const error = await failureOf(systemd.start('a.service'));
    expect(error).toBeInstanceOf(SystemdError);
    expect(error.message).toBe('systemctl start a.service exited with 4: Access denied');
  });

  test('a killed systemctl is an error', async () => {
    const { systemd } = answer({ exitCode: undefined, signal: 'SIGKILL' });
    expect((await failureOf(systemd.reload())).message).toMatch(/was killed by SIGKILL/);
  });

  test('stopping an unknown service succeeds and starting one fails', async () => {
    const { systemd } = answer({ exitCode: 5, stderr: 'not loaded' });
    await expect(systemd.stop('a.service')).resolves.toBeUndefined();
    expect(await failureOf(systemd.start('a.service'))).toBeInstanceOf(SystemdError);
  });

  test('resetting the failures of an unknown service succeeds', async () => {
    const { systemd } = answer({ exitCode: 1, stderr: 'not loaded' });
    await expect(systemd.resetFailed('a.service')).resolves.toBeUndefined();
  });

  test.each([
    ['UnitFileState=enabled\nActiveState=active\n', true, true],
    ['ActiveState=failed\nUnitFileState=enabled\n', false, true],
    ['ActiveState=active\nUnitFileState=enabled-runtime\n', true, false],
    ['ActiveState=inactive\nUnitFileState=\n', false, false],
    ['', false, false],
  ])('The answer %j of systemctl means active: %p, enabled: %p', async (stdout, isActive, isEnabled) => {
    expect(await answer({ stdout }).systemd.stateOf('a.service')).toEqual({ isActive, isEnabled });
  });
});
