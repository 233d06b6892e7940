import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { findGuestFailure, findHostKeyFingerprints } from '../../src/guest/console.ts';
import type { GuestPart } from '../../src/guest/guest-part.ts';
import { parsePartsReport } from '../../src/guest/parts-report.ts';
import { listGuestParts } from '../../src/guest/parts.ts';
import { quoteForShell } from '../../src/guest/quote-for-shell.ts';
import { renderUserData } from '../../src/guest/user-data.ts';
import { run, SHELLS, type Outcome } from './support/shell.ts';

const part = (name: string, script: string): GuestPart => ({ name, script, check: '' });
const good = part('good', 'echo fine');

let folder: string;
let paths: { readonly state: string; readonly console: string; readonly ssh: string };
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "first boot's "));
  paths = { state: join(folder, 'state'), console: join(folder, 'console'), ssh: join(folder, 'ssh') };
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function boot(shell: readonly [string, ...string[]], parts: readonly GuestPart[]): Outcome {
  writeFileSync(join(folder, 'user-data'), renderUserData('b-1', parts, paths));
  return run([...shell, join(folder, 'user-data')]);
}
const readConsole = (): string => readFileSync(paths.console, 'utf8');
const readReport = (): string => readFileSync(join(paths.state, 'parts'), 'utf8');

describe.each(SHELLS)('first boot in $title', ({ shell }) => {
  test('The first boot installs each part, reports its seconds and prints on the console that it is ready', () => {
    const outcome = boot(shell, [good, part('touch', `touch ${quoteForShell(join(paths.state, 'it'))}`)]);
    expect(outcome).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(parsePartsReport(readReport()).map(({ name }) => name)).toEqual(['good', 'touch']);
    expect(readConsole()).toContain('\ngithub-runner-image-builder b-1 ready\n');
    expect(findGuestFailure(readConsole(), 'b-1')).toBeUndefined();
    expect(statSync(join(paths.state, 'it')).isFile()).toBe(true);
  });

  test('Only the owner may read the state folder', () => {
    boot(shell, [good]);
    expect(statSync(paths.state).mode & 0o777).toBe(0o700);
  });

  test('A failing command in the middle of a part ends the first boot', () => {
    const outcome = boot(shell, [good, part('middle', 'echo one\nls /nowhere-at-all\necho three'), good]);
    expect(outcome.code).toBe(1);
    const failure = findGuestFailure(readConsole(), 'b-1');
    expect(failure).toMatchObject({ part: 'middle' });
    expect(failure?.lastLines[0]).toBe('one');
    expect(failure?.lastLines.at(-1)).toContain('/nowhere-at-all');
    expect(readReport()).toMatch(/^good \d+\n$/);
    expect(readConsole()).not.toContain('ready');
  });

  test.each([
    ['an unset variable', 'echo "$NO_SUCH_VARIABLE"; true', undefined],
    ['a failing function', 'f() { false; echo on; }; f; true', 1],
    ['an exit', 'exit 7', 7],
    ['an unknown command', 'no-such-command-here', 127],
  ])('A part with %s fails', (_, script, exitCode) => {
    expect(boot(shell, [part('bad', script)]).code).toBe(1);
    const failure = findGuestFailure(readConsole(), 'b-1');
    expect(failure?.part).toBe('bad');
    if (exitCode !== undefined) expect(failure?.exitCode).toBe(exitCode);
  });

  test('The console shows the last twenty lines of a failed part without control characters', () => {
    boot(shell, [part('long', `for i in $(seq 1 30); do printf '\\033[1m%s\\r\\n' "line $i"; done; exit 3`)]);
    const { lastLines = [] } = findGuestFailure(readConsole(), 'b-1') ?? {};
    expect(lastLines).toHaveLength(20);
    expect(lastLines[0]).toBe('[1mline 11');
    expect(lastLines.at(-1)).toBe('[1mline 30');
  });

  test('A part that reads stdin does not consume the rest of the program', () => {
    expect(boot(shell, [part('eater', 'cat >/dev/null'), good]).code).toBe(0);
    expect(readReport()).toContain('good ');
  });

  test('The first boot fails when its state folder cannot be created', () => {
    writeFileSync(paths.state, 'a file is in the way');
    expect(boot(shell, [good]).code).toBe(1);
    expect(findGuestFailure(readConsole(), 'b-1')).toEqual({
      part: 'state-folder',
      exitCode: 1,
      lastLines: [],
    });
  });

  test('The first boot succeeds without a console', () => {
    mkdirSync(paths.console);
    expect(boot(shell, [good]).code).toBe(0);
  });

  test('The fingerprints of all host keys are printed before a part can fail', () => {
    const blobs = { ssh_host_ed25519_key: randomBytes(51), ssh_host_rsa_key: randomBytes(279) };
    mkdirSync(paths.ssh);
    Object.entries(blobs).forEach(([name, blob]) => {
      writeFileSync(join(paths.ssh, `${name}.pub`), `ssh-x ${blob.toString('base64')} root@host\n`);
    });
    boot(shell, [part('bad', 'false')]);
    const expected = Object.values(blobs).map((blob) => createHash('sha256').update(blob).digest('base64'));
    expect(findHostKeyFingerprints(readConsole(), 'b-1')).toEqual(
      expected.map((digest) => `SHA256:${digest.replace(/=+$/, '')}`),
    );
  });
});

describe('size and order of user data', () => {
  const release = { version: '2.330.0', url: 'https://example.test/runner.tar.gz', sha256: 'a'.repeat(64) };

  test('User data with all parts is far below the limit of Nova', () => {
    expect(renderUserData('b-1', listGuestParts({ runner: release })).length).toBeLessThan(20_000);
  });

  test('User data above the limit of Nova is rejected', () => {
    expect(() => renderUserData('b-1', [part('big', '#'.repeat(45_000))])).toThrow(
      'expected user data of less than 45000 bytes',
    );
  });

  test('The parts are installed in the order of their dependencies', () => {
    const names = listGuestParts({ runner: release }).map(({ name }) => name);
    expect(names).toEqual(['hostname', 'sysctl', 'local-bin', 'users', 'runner']);
  });
});
