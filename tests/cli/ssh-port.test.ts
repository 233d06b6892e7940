import { expect, test } from '@jest/globals';
import { InputError } from '../../src/model/errors.ts';
import { ask } from './ask.ts';

const RUN = ['run', 'noble-x64'];

test.each([
  ['22, where every sshd listens', [], undefined, 22],
  ['what the environment says', [], '2222', 2222],
  ['what the option says, whatever the environment does', ['--ssh-port', '22022'], '2222', 22_022],
  ['the last there is', ['--ssh-port', '65535'], '', 65_535],
])('servers answer SSH at %s', (_what, options, sshPort, expected) => {
  expect(ask([...RUN, ...options], { sshPort })).toMatchObject({ sshPort: expected });
});

test('the security group that init prepares is for the port of the environment', () => {
  expect(ask(['init'], { sshPort: '2222' })).toMatchObject({ sshPort: 2222 });
});

test.each(['0', '65536', '-1', '2.2', 'ssh'])('%s is no port, and both its ways are named', (sshPort) => {
  for (const asked of [() => ask([...RUN, `--ssh-port=${sshPort}`]), () => ask(RUN, { sshPort })]) {
    expect(asked).toThrow(InputError);
    expect(asked).toThrow(
      `--ssh-port (or IMAGE_BUILDER_SSH_PORT): expected a whole number from 1 to 65535, got ${sshPort}`,
    );
  }
});
