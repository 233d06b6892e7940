import { expect, test } from '@jest/globals';
import { InputError } from '../../src/model/errors.ts';
import { ask } from './ask.ts';

const RUN = ['run', 'noble-x64'];

test.each([
  ['22 by default', [], undefined, 22],
  ['the port of the environment', [], '2222', 2222],
  ['the port of the option rather than that of the environment', ['--ssh-port', '22022'], '2222', 22_022],
  ['the highest port', ['--ssh-port', '65535'], '', 65_535],
])('Servers answer SSH at %s', (_what, options, sshPort, expected) => {
  expect(ask([...RUN, ...options], { sshPort })).toMatchObject({ sshPort: expected });
});

test('The command init prepares the security group for the port of the environment', () => {
  expect(ask(['init'], { sshPort: '2222' })).toMatchObject({ sshPort: 2222 });
});

test.each(['0', '65536', '-1', '2.2', 'ssh'])(
  'The SSH port %s is refused and the message names the option and the variable',
  (sshPort) => {
    for (const parse of [() => ask([...RUN, `--ssh-port=${sshPort}`]), () => ask(RUN, { sshPort })]) {
      expect(parse).toThrow(InputError);
      expect(parse).toThrow(
        `--ssh-port (or IMAGE_BUILDER_SSH_PORT): expected a whole number from 1 to 65535, got ${sshPort}`,
      );
    }
  },
);
