import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { selectPackages } from '../../../src/guest/apt-packages.ts';
import { aptPart } from '../../../src/guest/parts/apt.ts';
import type { Outcome } from '../support/shell.ts';
import { lastLine, makeStubRoot, readCalls, runOnStubs, type StubRoot } from '../support/stub-root.ts';

const MIRROR = 'http://10.0.0.1/a&b/ubuntu/';
const part = aptPart({ base: 'noble', arch: 'x64', packages: ['jq', 'gh'], mirror: MIRROR });

let root: StubRoot;
beforeEach(() => {
  root = makeStubRoot(['jq', 'gh']);
});
afterEach(() => {
  rmSync(root.folder, { recursive: true });
});

const write = (path: string, text: string): void => {
  writeFileSync(join(root.folder, 'etc/apt', path), text);
};
const read = (path: string): string => readFileSync(join(root.folder, 'etc/apt', path), 'utf8');
const install = ({ script, environment } = part): Outcome => runOnStubs(root, script, environment);
const countUpdates = (): number => readCalls(root).filter((call) => /^apt-get .*update$/.test(call)).length;

test('The mirror replaces the address in each kind of source and nothing else, until the clean-up', () => {
  const list =
    '# deb http://x\ndeb [ arch=amd64 signed-by=/k.gpg ]\thttp://a.example/u noble main # c\ndeb-src https://b noble main\n';
  const deb822 =
    'Types: deb\nURIs: http://a.example\n  http://b.example\nSuites: noble\nSigned-By: /k.gpg\n\nuris:http://c\nTypes: deb\n';
  write('sources.list', list);
  write('sources.list.d/ubuntu.sources', deb822);
  write('sources.list.d/notes.txt', 'http://a.example');
  expect(install().code).toBe(0);
  expect(read('sources.list')).toBe(
    `# deb http://x\ndeb [ arch=amd64 signed-by=/k.gpg ]\t${MIRROR} noble main # c\ndeb-src ${MIRROR} noble main\n`,
  );
  expect(read('sources.list.d/ubuntu.sources')).toBe(
    `Types: deb\nURIs: ${MIRROR}\nSuites: noble\nSigned-By: /k.gpg\n\nURIs: ${MIRROR}\nTypes: deb\n`,
  );
  write('sources.list.d/added.list', 'deb http://added.example ./\n');
  expect(runOnStubs(root, part.cleanUp ?? '').code).toBe(0);
  expect(read('sources.list')).toBe(list);
  expect(read('sources.list.d/ubuntu.sources')).toBe(deb822);
  expect(read('sources.list.d/notes.txt')).toBe('http://a.example');
  expect(read('sources.list.d/added.list')).toBe('deb http://added.example ./\n');
});

test('The mirror is in the environment only, so that it changes neither the digest nor an argument of a process', () => {
  const without = aptPart({ base: 'noble', arch: 'x64', packages: ['jq', 'gh'], mirror: '' });
  expect(part.script).toBe(without.script);
  write('sources.list', 'deb http://a noble main\n');
  expect(install().code).toBe(0);
  expect(readCalls(root).filter((call) => call.includes('10.0.0.1'))).toEqual([]);
});

test('An unknown package fails the script with its name and the base, before the upgrade', () => {
  const outcome = install(aptPart({ base: 'jammy', arch: 's390x', packages: ['jq', 'jqq=1.0'], mirror: '' }));
  expect(outcome.code).toBe(1);
  expect(lastLine(outcome)).toBe(
    'jammy has no package for s390x with the name: jqq=1.0 dotnet-runtime-8.0. Correct the option ' +
      'apt-packages, or build on another base if it is one that this architecture needs (dotnet-runtime-8.0)',
  );
  expect(readCalls(root).filter((call) => call.includes('upgrade --with-new-pkgs'))).toEqual([]);
});

test.each([
  'W: Failed to fetch http://m/InRelease  404  Not Found',
  'W: GPG error: http://m noble InRelease: NO_PUBKEY 1',
  'E: The repository is not signed.',
])('apt-get update that exits with 0 and prints "%s" is a failure after three attempts', (message) => {
  writeFileSync(join(root.state, 'update'), `Hit:1 http://m\n${message}\n`);
  const outcome = install();
  expect(outcome.code).toBe(1);
  expect(lastLine(outcome)).toBe(`apt-get update failed: ${message}`);
  expect(countUpdates()).toBe(3);
});

test('apt-get update waits for the lock of another process, but not forever', () => {
  writeFileSync(
    join(root.state, 'update'),
    'E: Could not get lock /var/lib/apt/lists/lock. It is held by process 7\n',
  );
  const outcome = install();
  expect(lastLine(outcome)).toContain('apt-get update failed: E: Could not get lock');
  expect(countUpdates()).toBe(30);
});

test.each([
  ['sources.list', 'deb [trusted=yes] http://a noble main\n'],
  ['sources.list.d/a.sources', 'Types: deb\nURIs: http://a\nTrusted: yes\n'],
  ['sources.list.d/b.list', 'deb [ arch=amd64 allow-insecure=yes ] http://a noble main\n'],
])('A source that needs no signature in %s fails the script', (path, text) => {
  write(path, text);
  const outcome = install();
  expect(outcome.code).toBe(1);
  expect(lastLine(outcome)).toContain(`${path} allows packages without a valid signature`);
});

test('On arm, the native sources are restricted to arm64 once, and stay so after the clean-up', () => {
  const arm = aptPart({ base: 'noble', arch: 'arm', packages: [], mirror: '' });
  writeFileSync(join(root.state, 'archive'), 'libc6:armhf\nlibatomic1:armhf\nlibicu74:armhf\n');
  write('sources.list', 'deb http://a noble main\ndeb [signed-by=/k] http://b noble main\n');
  write('sources.list.d/u.sources', 'Types: deb\nURIs: http://c\nArchitectures: arm64 armhf\n');
  [1, 2].forEach(() => {
    expect(install(arm).code).toBe(0);
  });
  expect(runOnStubs(root, arm.cleanUp ?? '').code).toBe(0);
  expect(read('sources.list')).toBe(
    'deb [arch=arm64] http://a noble main\ndeb [arch=arm64 signed-by=/k] http://b noble main\n',
  );
  expect(read('sources.list.d/u.sources')).toBe('Types: deb\nArchitectures: arm64\nURIs: http://c\n');
  expect(read('sources.list.d/github-runner-armhf.sources')).toContain('Architectures: armhf\n');
  expect(read('../cloud/cloud.cfg.d/99-github-runner-sources.cfg')).toBe(
    'apt:\n  preserve_sources_list: true\n',
  );
});

test.each([
  ['jammy', 'x64', ['jq', 'cargo', 'jq'], ['jq', 'cargo']],
  ['noble', 's390x', ['jq'], ['jq', 'dotnet-runtime-8.0']],
  ['resolute', 'ppc64le', [], ['dotnet-runtime-8.0']],
  [
    'noble',
    'arm',
    ['cargo', 'jq', 'rustc'],
    ['jq', 'rustup', 'libc6:armhf', 'libatomic1:armhf', 'libicu74:armhf'],
  ],
  ['resolute', 'arm', [], ['libc6:armhf', 'libatomic1:armhf', 'libicu78:armhf']],
] as const)('%s on %s has, for the packages %j, the packages %j', (base, arch, packages, expected) => {
  expect(selectPackages(base, arch, packages)).toEqual(expected);
});

test.each([
  ['sed -i /^jq$/d "$STATE/installed"', 'the package jq is not installed'],
  ['echo unattended-upgrades >>"$STATE/installed"', 'unattended-upgrades is installed'],
  ['command rm /etc/systemd/system/apt-daily.timer', 'apt-daily.timer is not masked'],
])('The check reports the damage of: %s', (damage, problem) => {
  expect(install().code).toBe(0);
  expect(lastLine(runOnStubs(root, `${damage}\n${part.check}`))).toBe(problem);
});

test('The check reports a tool that fails, with the last line of its output', () => {
  expect(install().code).toBe(0);
  writeFileSync(join(root.folder, 'bin/jq'), '#!/bin/sh\necho first\necho broken >&2\nexit 3\n');
  expect(lastLine(runOnStubs(root, part.check))).toBe('jq --version failed: broken');
});
