import { closeSync, fstatSync, openSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { scriptSecretsOf } from '../../src/bin/image-builder/read-secrets.ts';
import type { Request } from '../../src/bin/image-builder/request.ts';
import { encodeHostSecrets } from '../../src/model/host-secrets.ts';
import { Secret } from '../../src/model/secret.ts';
import { readDescriptor } from '../../src/system/descriptor.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { ask } from './ask.ts';
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
  });

/** An open descriptor that gives `text`. */
async function open(text: string): Promise<number> {
  const path = join(program.folder, 'secrets.json');
  await writeFile(path, text);
  return openSync(path, 'r');
}

const askRun = (text: string, ...more: string[]): Request =>
  ask(['run', 'n', '--secrets-fd', '3', ...more], {
    scriptUrl: 'https://environment/s.sh',
    readDescriptor: () => text,
  });
const revealed = (request: Request): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...scriptSecretsOf(request, { IMAGE_BUILDER_SECRET_OURS: 'x' })].map(([name, secret]) => [
      name,
      secret.reveal(),
    ]),
  );

describe('run --secrets-fd', () => {
  test('takes the script and its environment from the descriptor, and nothing of our own', () => {
    const request = askRun(secretsText('https://x/s.sh?t=1', { TOKEN: 'a' }));
    expect(request).toMatchObject({ image: { scriptUrl: 'https://x/s.sh?t=1' } });
    expect(revealed(request)).toEqual({ TOKEN: 'a' });
    expect(askRun(secretsText(''))).toMatchObject({ image: { scriptUrl: '' } });
  });

  test('lets --script-url go before the descriptor’s', () => {
    const request = askRun(secretsText('https://x/', { TOKEN: 'a' }), '--script-url', 'https://y/');
    expect(request).toMatchObject({ image: { scriptUrl: 'https://y/' } });
    expect(revealed(request)).toEqual({ TOKEN: 'a' });
  });

  test('when it is not given leaves both to the environment', () => {
    const request = ask(['run', 'n'], { scriptUrl: 'https://environment/s.sh' });
    expect(request).toMatchObject({ image: { scriptUrl: 'https://environment/s.sh' } });
    expect(revealed(request)).toEqual({ OURS: 'x' });
  });

  test('gives values that do not print', () => {
    const { scriptSecrets } = askRun(secretsText('', { TOKEN: 'token-MARKED' })) as {
      scriptSecrets: unknown;
    };
    expect(inspect(scriptSecrets, { depth: 9, showHidden: true })).not.toMatch('MARKED');
  });

  test('reads an inherited descriptor to its end, and closes it', async () => {
    const descriptor = await open(secretsText('https://x/', { TOKEN: 'a'.repeat(100_000) }));
    const request = ask(['run', 'n', '--secrets-fd', `${descriptor}`], { readDescriptor });
    expect(revealed(request)['TOKEN']).toHaveLength(100_000);
    expect(() => fstatSync(descriptor)).toThrow('EBADF');
  });

  test.each([
    ['no JSON', '{"scriptSecrets": {"TOKEN": "token-MARKED"', 'secrets.json: expected JSON'],
    ['another JSON', '{"generation": "x-MARKED"}', 'secrets.json.generation: expected a whole number'],
    ['a URL that is none', secretsText('url-MARKED'), '--secrets-fd): expected a URL'],
  ])('that gives %s ends with 2, and tells nothing of it', async (_, text, problem) => {
    const descriptor = await open(text);
    const { code, err, out } = await program.run(['run', 'n', '--secrets-fd', `${descriptor}`]);
    expect(code).toBe(2);
    expect(err).toMatch(problem);
    expect(`${out}${err}`).not.toMatch('MARKED');
  });

  test('that cannot be read ends with 2, and names the descriptor', async () => {
    const descriptor = await open('');
    closeSync(descriptor);
    const { code, err } = await program.run(['run', 'n', '--secrets-fd', `${descriptor}`]);
    expect(code).toBe(2);
    expect(err).toMatch(`--secrets-fd ${descriptor}: expected a descriptor that can be read`);
    expect(err).toMatch('EBADF');
  });

  test.each(['2', '0', 'x', '-1', ''])('%p is refused and nothing is read', async (given) => {
    const { code, err } = await program.run(['run', 'n', `--secrets-fd=${given}`]);
    expect(code).toBe(2);
    expect(err).toMatch('--secrets-fd: expected a');
  });
});
