import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { dockerPart } from '../../../src/guest/parts/docker.ts';
import { yarnPart } from '../../../src/guest/parts/yarn.ts';
import { yqPart } from '../../../src/guest/parts/yq.ts';
import type { GuestPart } from '../../../src/guest/guest-part.ts';
import type { Outcome } from '../support/shell.ts';
import { lastLine, makeStubRoot, runOnStubs, type StubRoot } from '../support/stub-root.ts';

let root: StubRoot;
beforeEach(() => {
  root = makeStubRoot([]);
});
afterEach(() => {
  rmSync(root.folder, { recursive: true });
});

const install = ({ script, environment }: GuestPart): Outcome => runOnStubs(root, script, environment);
const check = (part: GuestPart): string => lastLine(runOnStubs(root, part.check));
const state = (name: string, text: string): void => {
  writeFileSync(join(root.state, name), text);
};

describe('docker', () => {
  const part = dockerPart({ base: 'noble', mirror: 'https://m.example' });
  const file = (): string => join(root.folder, 'etc/docker/daemon.json');
  const settings = (): unknown => JSON.parse(readFileSync(file(), 'utf8'));

  test('The mirror is added to the settings that exist, before other mirrors and once', () => {
    mkdirSync(join(root.folder, 'etc/docker'));
    writeFileSync(file(), '{"log-driver": "journald", "registry-mirrors": ["https://old.example"]}');
    [1, 2].forEach(() => {
      expect(install(part).code).toBe(0);
    });
    expect(settings()).toEqual({
      'log-driver': 'journald',
      'registry-mirrors': ['https://m.example', 'https://old.example'],
    });
    expect(check(part)).toBe('');
  });

  test('Settings that are not valid JSON are kept, and fail the script with the name of the file', () => {
    mkdirSync(join(root.folder, 'etc/docker'));
    writeFileSync(file(), '{"a":');
    const outcome = install(part);
    expect(outcome.code).toBe(1);
    expect(lastLine(outcome)).toContain('/etc/docker/daemon.json is not valid JSON: ');
    expect(readFileSync(file(), 'utf8')).toBe('{"a":');
  });

  test('A mirror that Docker does not accept fails the script and leaves the settings alone', () => {
    const outcome = install(dockerPart({ base: 'noble', mirror: 'ftp://x' }));
    expect(outcome.code).toBe(1);
    expect(lastLine(outcome)).toBe('Docker does not accept the mirror of the option docker-mirror: ftp://x');
    expect(existsSync(file())).toBe(false);
  });

  test('A daemon that never answers fails the script with the reason after a bounded number of attempts', () => {
    state('docker-is-dead', '');
    const outcome = install(part);
    expect(outcome.code).toBe(1);
    expect(outcome.stdout).toContain('dockerd: failed to start daemon\n');
    expect(lastLine(outcome)).toBe('Docker of noble does not answer: Cannot connect to the Docker daemon');
  });

  test.each([
    ['docker-is-dead', '', 'docker info failed: Cannot connect to the Docker daemon'],
    ['groups', 'ubuntu', 'the user ubuntu is not in the group docker'],
    ['../etc/docker/daemon.json', '{', '/etc/docker/daemon.json is missing or not valid JSON'],
    [
      '../etc/docker/daemon.json',
      '{"registry-mirrors": ["http://x"]}',
      'Docker uses the mirrors ["http://x/"], not https://m.example',
    ],
  ])('The check reports the damage of %s', (name, text, problem) => {
    expect(install(part).code).toBe(0);
    state(name, text);
    expect(check(part).replace(root.folder, '')).toBe(problem);
  });
});

describe('yarn', () => {
  test('There is no yarn on focal', () => {
    expect(yarnPart({ base: 'focal', registry: '' })).toBeUndefined();
  });

  test('A package with another digest is not installed, and the message has both digests', () => {
    const part = yarnPart({ base: 'jammy', registry: '' });
    state('downloads/yarn-1.22.22.tgz', 'another package');
    const outcome = part === undefined ? undefined : install(part);
    expect(outcome?.stdout).toMatch(
      /what npm downloaded is not yarn 1\.22\.22: expected the sha256 [0-9a-f]{64}, got [0-9a-f]{64}\n$/,
    );
    expect(existsSync(join(root.state, 'yarn'))).toBe(false);
  });
});

describe('yq', () => {
  const program = (): string => join(root.folder, 'usr/bin/yq');

  test.each([
    ['x64', '4.52.5/yq_linux_amd64'],
    ['arm64', '4.52.5/yq_linux_arm64'],
    ['arm', '4.52.5/yq_linux_arm64'],
    ['s390x', '4.45.1/yq_linux_s390x'],
    ['ppc64le', '4.45.1/yq_linux_ppc64le'],
  ] as const)('A program for %s with another digest is not installed', (arch, path) => {
    state(`downloads/${path.split('/')[1] ?? ''}`, 'another program');
    const outcome = install(yqPart({ arch, url: '' }));
    expect(outcome.code).toBe(1);
    expect(lastLine(outcome)).toMatch(
      /^what came from .* is not yq .*: expected the sha(256|384) [0-9a-f]+, got [0-9a-f]+$/,
    );
    expect(readFileSync(join(root.state, 'urls'), 'utf8')).toBe(
      `https://github.com/mikefarah/yq/releases/download/v${path}\n`,
    );
    expect(existsSync(program())).toBe(false);
  });

  test('The check reports a missing program, a wrong mode and a wrong version', () => {
    const part = yqPart({ arch: 'x64', url: '' });
    expect(check(part).replace(root.folder, '')).toBe('there is no /usr/bin/yq');
    writeFileSync(program(), '#!/bin/sh\necho yq version v4.52.50\n', { mode: 0o700 });
    expect(statSync(program()).mode & 0o777).toBe(0o700);
    expect(check(part).replace(root.folder, '')).toBe('/usr/bin/yq has the mode 700, not 755');
    runOnStubs(root, 'chmod 755 /usr/bin/yq');
    expect(check(part)).toBe("yq --version prints 'yq version v4.52.50', not version v4.52.5");
  });
});
