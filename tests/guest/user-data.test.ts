import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { findHostKeyFingerprints } from '../../src/guest/console.ts';
import { renderUserData } from '../../src/guest/user-data.ts';
import { run, SHELLS, type Outcome } from './support/shell.ts';

let folder: string;
let paths: { readonly console: string; readonly ssh: string };
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "first boot's "));
  paths = { console: join(folder, 'console'), ssh: join(folder, 'ssh') };
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Runs the program as cloud-init does. This machine has no systemd, or this user may not change it. */
function boot(shell: readonly [string, ...string[]]): Outcome {
  writeFileSync(join(folder, 'user-data'), renderUserData('b-1', paths));
  return run([...shell, join(folder, 'user-data')]);
}
const readConsole = (): string => readFileSync(paths.console, 'utf8');

describe.each(SHELLS)('first boot in $title', ({ shell }) => {
  test('The first boot prints on the console that it is ready', () => {
    expect(boot(shell)).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(readConsole()).toContain('\ngithub-runner-image-builder b-1 ready\n');
  });

  test('The first boot succeeds without a console', () => {
    mkdirSync(paths.console);
    expect(boot(shell).code).toBe(0);
  });

  test('The first boot prints the fingerprint of each host key twice', () => {
    const blobs = { ssh_host_ed25519_key: randomBytes(51), ssh_host_rsa_key: randomBytes(279) };
    mkdirSync(paths.ssh);
    Object.entries(blobs).forEach(([name, blob]) => {
      writeFileSync(join(paths.ssh, `${name}.pub`), `ssh-x ${blob.toString('base64')} root@host\n`);
    });
    boot(shell);
    const expected = Object.values(blobs).map((blob) => createHash('sha256').update(blob).digest('base64'));
    expect(findHostKeyFingerprints(readConsole(), 'b-1')).toEqual(
      expected.map((digest) => `SHA256:${digest.replace(/=+$/, '')}`),
    );
    expect(readConsole().match(/ host-key ssh-x /g)).toHaveLength(4);
  });
});

test('User data masks the timers and services of apt before it reports that it is ready', () => {
  const lines = renderUserData('b-1').split('\n');
  expect(lines.indexOf('mask_updates')).toBeGreaterThan(0);
  expect(lines.indexOf('mask_updates')).toBeLessThan(lines.indexOf('say ready'));
  for (const unit of ['apt-daily', 'apt-daily-upgrade']) {
    for (const kind of ['timer', 'service']) expect(lines.join(' ')).toMatch(` ${unit}.${kind} `);
  }
});
