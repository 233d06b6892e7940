import { describe, expect, test } from '@jest/globals';
import { CommandLineEnd, parseCommandLine } from '../../src/cli/command-line.ts';
import { DEFAULT_TIMEOUTS, type Timeouts, timeoutOption } from '../../src/model/job/timeouts.ts';

function end(...argv: string[]): { code: number; out: string; err: string } {
  const printed = { out: '', err: '' };
  const write = {
    out: (text: string) => (printed.out += text),
    err: (text: string) => (printed.err += text),
  };
  try {
    parseCommandLine(argv, write, '1.2.3');
  } catch (error) {
    if (error instanceof CommandLineEnd) return { code: error.exitCode, ...printed };
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
  ])('The arguments %p print to stdout and end with 0', (argv, expected) => {
    const { code, out, err } = end(...argv);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(expected);
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
  ])('The arguments %p print to stderr and end with 2', (argv) => {
    const { code, out, err } = end(...argv);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).not.toBe('');
  });

  test('The help of run lists every time-out but that of a runner, which runner launch has', () => {
    const { out } = end('run', '--help');
    expect(out).not.toMatch('--online-timeout');
    expect(end('runner', 'launch', '--help').out).toMatch('--online-timeout <seconds>');
    for (const name of Object.keys(DEFAULT_TIMEOUTS).filter((each) => each !== 'onlineTimeout')) {
      expect(out).toMatch(`${timeoutOption(name as keyof Timeouts)} <seconds>`);
    }
  });

  test('The help does not repeat the URL of the script', () => {
    expect(end('run', '--script-url', 'https://x/?token=MARKED', '--help').out).not.toMatch('MARKED');
  });
});
