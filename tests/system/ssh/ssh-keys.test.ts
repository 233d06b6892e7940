import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { SSH_KEY_TYPES, generateSshKeyPair } from '../../../src/system/ssh/ssh-keys.ts';

test.each(SSH_KEY_TYPES)(
  'OpenSSH reads a generated key of type %s and derives the same public key',
  (type) => {
    const { publicKey, privateKey } = generateSshKeyPair('build-1', type);
    const folder = mkdtempSync(join(tmpdir(), 'keys-'));
    try {
      const path = join(folder, 'key');
      writeFileSync(path, privateKey.reveal(), { mode: 0o600 });
      expect(execFileSync('ssh-keygen', ['-y', '-f', path], { encoding: 'utf8' }).trim()).toBe(publicKey);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

test('a public key is one line with its type and its comment', () => {
  expect(generateSshKeyPair('build-1').publicKey).toMatch(/^ssh-ed25519 [A-Za-z0-9+/]+=* build-1$/);
});

test('generated keys are unique and well-formed', () => {
  // ssh2 alone generates a malformed key once in 256 times.
  const pairs = Array.from({ length: 2000 }, () => generateSshKeyPair('x'));
  expect(new Set(pairs.map(({ publicKey }) => publicKey)).size).toBe(2000);
  const publicKeys = pairs.map(({ publicKey }) => Buffer.from(publicKey.split(' ')[1] ?? '', 'base64'));
  expect(publicKeys.filter((bytes) => bytes.length !== 4 + 11 + 4 + 32)).toEqual([]);
});

test('a private key is not printed', () => {
  expect(JSON.stringify(generateSshKeyPair('x'))).not.toContain('PRIVATE KEY');
});
