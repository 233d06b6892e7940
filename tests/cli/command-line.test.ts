import { describe, expect, test } from '@jest/globals';
import { CommandLineEnd, parseCommandLine } from '../../src/cli/command-line.ts';
import { DEFAULT_TIMEOUTS, type Timeouts, timeoutOption } from '../../src/model/timeouts.ts';

function end(...argv: string[]): { code: number; out: string; err: string } {
  const told = { out: '', err: '' };
  const write = { out: (text: string) => (told.out += text), err: (text: string) => (told.err += text) };
  try {
    parseCommandLine(argv, write, '1.2.3');
  } catch (error) {
    if (error instanceof CommandLineEnd) return { code: error.exitCode, ...told };
    throw error;
  }
  throw new Error('expected an end');
}

describe('the command line', () => {
  test.each([
    [['--help'], /Usage: github-runner-image-builder/],
    [['run', '--help'], /--script-url/],
    [['help', 'prune'], /--protect/],
    [['list', '--help'], /--clouds/],
    [['sweep', '--help'], /--delete-timeout/],
    [['run', '--help'], /--no-prune/],
    [['--version'], /^1\.2\.3\n$/],
  ])('%p tells on stdout and ends with 0', (argv, told) => {
    const { code, out, err } = end(...argv);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(told);
  });

  test.each([
    [['--nope']],
    [['build']],
    [['run']],
    [['run', 'a', 'b']],
    [['run', 'a', '--flavor']],
    [['init', 'a']],
    [['init', '--server-timeout', '3']],
    [['latest-build-id']],
    [['list', 'a']],
    [['sweep', 'a']],
    [['prune', 'a', '--published']],
    [['prune', '--protect', 'a', 'name']],
    [[]],
  ])('%p tells on stderr and ends with 2', (argv) => {
    const { code, out, err } = end(...argv);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).not.toBe('');
  });

  test('does not offer what is not in this version', () => {
    expect(end('run', '--help').out).not.toMatch(/juju|microk8s|dockerhub|--proxy/);
  });

  test('offers every time-out to run', () => {
    const { out } = end('run', '--help');
    for (const name of Object.keys(DEFAULT_TIMEOUTS)) {
      expect(out).toMatch(`${timeoutOption(name as keyof Timeouts)} <seconds>`);
    }
  });

  test('does not tell the script’s URL in its help', () => {
    expect(end('run', '--script-url', 'https://x/?token=MARKED', '--help').out).not.toMatch('MARKED');
  });
});
