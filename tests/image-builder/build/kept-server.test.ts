import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { isKept, keepServer, keptMetadata } from '../../../src/image-builder/build/kept-server.ts';
import { SSH_KEY_TYPES, generateSshKeyPair } from '../../../src/system/ssh/ssh-keys.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { OWNER } from '../make-test-tools.ts';

const KEYGEN = '/usr/bin/ssh-keygen';
const testOfKeygen = existsSync(KEYGEN) ? test : test.skip;
const METADATA = { 'kept-until': '2026-11-22T08:00:00.000Z' };
let keyFolder = '';

beforeEach(async () => {
  keyFolder = await mkdtemp(join(tmpdir(), "kept it's "));
});
afterEach(async () => {
  await rm(keyFolder, { recursive: true, force: true });
});

async function keep(type: (typeof SSH_KEY_TYPES)[number], change: object = {}) {
  const warnings: string[] = [];
  const keys = generateSshKeyPair('comment', type);
  const server = {
    ...{ id: 's1', name: 'app-noble-x64-b1', addresses: ['192.0.2.7', 'fd00::7'] },
    ...{ hostKeyFingerprints: ['SHA256:abc'], privateKey: keys.privateKey },
  };
  const signal = new AbortController().signal;
  const warn = (message: string) => warnings.push(message);
  const settings = { keyFolder, owner: OWNER, signal, sshPort: 2222, warn, ...change };
  return { keys, warnings, isServerKept: await keepServer(server, METADATA, settings) };
}

describe('the server of a failed build', () => {
  testOfKeygen.each(SSH_KEY_TYPES)(
    'The private key of type %s is in a file that only its owner can read and OpenSSH accepts',
    async (type) => {
      const { keys, isServerKept } = await keep(type);
      const [name = ''] = await readdir(keyFolder);
      const path = join(keyFolder, name);
      expect([isServerKept, (await stat(path)).mode & 0o777]).toEqual([true, 0o600]);
      const derived = execFileSync(KEYGEN, ['-y', '-f', path], { encoding: 'utf8' });
      expect(derived.split(' ')[1]).toBe(keys.publicKey.split(' ')[1]);
    },
  );

  test('The message has server, time, ssh command, fingerprint and the commands to delete it, but no key', async () => {
    const { keys, warnings } = await keep('ed25519');
    const path = `'${join(keyFolder, 'github-runner-image-builder-b1.key').replaceAll("'", String.raw`'\''`)}'`;
    expect(warnings).toHaveLength(1);
    const [message = ''] = warnings;
    expect(message.split('; ')).toEqual([
      'server app-noble-x64-b1 (s1) is kept until 2026-11-22T08:00:00.000Z',
      `log in with: ssh -i ${path} -p 2222 -o IdentitiesOnly=yes -o StrictHostKeyChecking=ask -o UserKnownHostsFile=/dev/null ubuntu@192.0.2.7`,
      'other addresses: fd00::7',
      'answer the question about the host key with its fingerprint: SHA256:abc',
      `to delete it earlier: openstack server delete s1, then sweep, and rm ${path}`,
    ]);
    const key = await readFile(join(keyFolder, 'github-runner-image-builder-b1.key'), 'utf8');
    expect(key).toBe(keys.privateKey.reveal());
  });

  test('A server is not kept without the option, after a cancellation, or when its key cannot be written', async () => {
    expect(await keep('ed25519', { keyFolder: undefined })).toMatchObject({
      isServerKept: false,
      warnings: [],
    });
    const signal = AbortSignal.abort();
    expect(await keep('ed25519', { signal })).toMatchObject({ isServerKept: false, warnings: [] });
    const unwritable = await keep('ed25519', { keyFolder: join(keyFolder, 'missing') });
    expect(unwritable).toMatchObject({
      isServerKept: false,
      warnings: [
        `server app-noble-x64-b1 is not kept: its private key cannot be written in ${keyFolder}/missing (ENOENT)`,
      ],
    });
    expect(await readdir(keyFolder)).toEqual([]);
  });

  test('The tag is the time a day later in UTC, and no longer counts after it or when it is no time', async () => {
    const clock = new ManualClock('2026-11-21T08:00:00Z');
    expect(keptMetadata({ clock, keyFolder })).toEqual(METADATA);
    expect(keptMetadata({ clock, keyFolder: undefined })).toEqual({});
    await clock.advance(24 * 3600 * 1000 - 1);
    expect(isKept(METADATA, { clock })).toBe(true);
    await clock.advance(1);
    expect([METADATA, {}, { 'kept-until': 'soon' }].map((tags) => isKept(tags, { clock }))).toEqual([
      false,
      false,
      false,
    ]);
  });
});
