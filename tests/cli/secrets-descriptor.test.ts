import { closeSync, fstatSync, openSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import type { JobSecrets } from '../../src/cli/request.ts';
import { encodeHostSecrets } from '../../src/model/job/host-secrets.ts';
import { encodeJobOrder } from '../../src/model/job/job-order.ts';
import { Secret } from '../../src/model/secret.ts';
import { readDescriptor } from '../../src/system/process/descriptor.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { orderFor } from './ask.ts';
import { useProgram } from './run-program.ts';

const program = useProgram({ clock: new ManualClock() });
const NO_PROXY = { http: new Secret(''), https: new Secret(''), noProxy: new Secret('') };
const secretsText = (scriptUrl: string, scriptSecrets: Readonly<Record<string, string>> = {}): string =>
  encodeHostSecrets({
    generation: 3,
    scriptUrl: new Secret(scriptUrl),
    scriptSecrets: Object.fromEntries(
      Object.entries(scriptSecrets).map(([name, value]) => [name, new Secret(value)]),
    ),
    proxy: NO_PROXY,
    openstackCa: '',
    github: {},
  });

/** Opens a descriptor with the content `text`. */
async function open(text: string): Promise<number> {
  const path = join(program.folder, 'secrets.json');
  await writeFile(path, text);
  return openSync(path, 'r');
}

const OURS = new Map([['OURS', new Secret('x')]]);
const askRun = (text: string, ...more: string[]) =>
  orderFor('build', ['run', 'n', '--secrets-fd', '3', ...more], {
    scriptUrl: 'https://environment/s.sh',
    scriptSecrets: OURS,
    readDescriptor: () => text,
  });
const environmentOf = ({ scriptSecrets }: JobSecrets): Readonly<Record<string, string>> =>
  Object.fromEntries([...scriptSecrets].map(([name, secret]) => [name, secret.reveal()]));

describe('run --secrets-fd', () => {
  test('The script and its environment come only from the descriptor of --secrets-fd', () => {
    const { order, secrets } = askRun(secretsText('https://x/s.sh?t=1', { TOKEN: 'a' }));
    expect(secrets.scriptUrl.reveal()).toBe('https://x/s.sh?t=1');
    expect(environmentOf(secrets)).toEqual({ TOKEN: 'a' });
    expect(order.entry.image.scriptUrl).toBe('secrets.json');
    const without = askRun(secretsText(''));
    expect(without.secrets.scriptUrl.reveal()).toBe('');
    expect(without.order.entry.image.scriptUrl).toBe('');
  });

  test('The option --script-url takes precedence over the URL of the descriptor', () => {
    const { secrets } = askRun(secretsText('https://x/', { TOKEN: 'a' }), '--script-url', 'https://y/');
    expect(secrets.scriptUrl.reveal()).toBe('https://y/');
    expect(environmentOf(secrets)).toEqual({ TOKEN: 'a' });
  });

  test('The script and its secrets come from the environment without --secrets-fd', () => {
    const host = { scriptUrl: 'https://environment/s.sh', scriptSecrets: OURS };
    const { secrets } = orderFor('build', ['run', 'n'], host);
    expect(secrets.scriptUrl.reveal()).toBe('https://environment/s.sh');
    expect(environmentOf(secrets)).toEqual({ OURS: 'x' });
  });

  test('The values of the descriptor cannot be printed and are not in the order', () => {
    const { order, secrets } = askRun(secretsText('https://x/?url-MARKED', { TOKEN: 'token-MARKED' }));
    expect(inspect(secrets, { depth: 9, showHidden: true })).not.toMatch('MARKED');
    expect(encodeJobOrder(order)).not.toMatch('MARKED');
  });

  test('An inherited descriptor is read to its end and closed', async () => {
    const descriptor = await open(secretsText('https://x/', { TOKEN: 'a'.repeat(100_000) }));
    const argv = ['run', 'n', '--secrets-fd', `${descriptor}`];
    const { secrets } = orderFor('build', argv, { readDescriptor });
    expect(environmentOf(secrets)['TOKEN']).toHaveLength(100_000);
    expect(() => fstatSync(descriptor)).toThrow('EBADF');
  });

  test.each([
    ['invalid JSON', '{"scriptSecrets": {"TOKEN": "token-MARKED"', 'secrets.json: expected JSON'],
    ['other JSON', '{"generation": "x-MARKED"}', 'secrets.json.generation: expected a whole number'],
    ['an invalid URL', secretsText('url-MARKED'), '--secrets-fd): expected a URL'],
  ])(
    'A descriptor with %s ends the program with 2 and its content is not repeated',
    async (_, text, problem) => {
      const descriptor = await open(text);
      const { code, err, out } = await program.run(['run', 'n', '--secrets-fd', `${descriptor}`]);
      expect(code).toBe(2);
      expect(err).toMatch(problem);
      expect(`${out}${err}`).not.toMatch('MARKED');
    },
  );

  test('A descriptor that cannot be read ends the program with 2 and is named', async () => {
    const descriptor = await open('');
    closeSync(descriptor);
    const { code, err } = await program.run(['run', 'n', '--secrets-fd', `${descriptor}`]);
    expect(code).toBe(2);
    expect(err).toMatch(`--secrets-fd ${descriptor}: expected a descriptor that can be read`);
    expect(err).toMatch('EBADF');
  });

  test.each(['2', '0', 'x', '-1', ''])('The value %p of --secrets-fd is refused', async (given) => {
    const { code, err } = await program.run(['run', 'n', `--secrets-fd=${given}`]);
    expect(code).toBe(2);
    expect(err).toMatch('--secrets-fd: expected a');
  });
});
