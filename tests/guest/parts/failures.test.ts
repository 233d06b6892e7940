import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { GuestPart } from '../../../src/guest/guest-part.ts';
import { aptPart } from '../../../src/guest/parts/apt.ts';
import { dockerPart } from '../../../src/guest/parts/docker.ts';
import { yarnPart } from '../../../src/guest/parts/yarn.ts';
import { yqPart } from '../../../src/guest/parts/yq.ts';
import type { Outcome } from '../support/shell.ts';
import { makeStubRoot, readCalls, runOnStubs, type StubRoot } from '../support/stub-root.ts';

const PACKAGES = ['docker.io', 'gh', 'jq'];
const ARM_LIBRARIES = ['libc6:armhf', 'libatomic1:armhf', 'libicu74:armhf'];
const ARCHIVE = [...PACKAGES, ...ARM_LIBRARIES, 'docker-buildx', 'rustup', 'dotnet-runtime-8.0'];
const MIRROR = 'http://mirror.example/ubuntu';
const DOTNET_KEY = '45A3F127159BE9E5017811C62125B164E8E5D3FA';
const yarn = yarnPart({ base: 'noble', registry: 'http://npm.example/' });
if (yarn === undefined) throw new Error('expected yarn on noble');

const CASES: readonly (readonly [string, GuestPart])[] = [
  ['apt with a mirror', aptPart({ base: 'noble', arch: 'x64', packages: PACKAGES, mirror: MIRROR })],
  ['apt on focal', aptPart({ base: 'focal', arch: 'x64', packages: ['gh'], mirror: '' })],
  ['apt for arm', aptPart({ base: 'noble', arch: 'arm', packages: ['cargo'], mirror: MIRROR })],
  ['apt on resolute for s390x', aptPart({ base: 'resolute', arch: 's390x', packages: [], mirror: '' })],
  ['docker', dockerPart({ base: 'noble', mirror: 'https://docker.example:5000' })],
  ['docker without a mirror', dockerPart({ base: 'jammy', mirror: '' })],
  ['yarn', yarn],
  ['yq', yqPart({ arch: 'x64', url: 'http://yq.example/' })],
];

/** The substitute for every verified download. Its digest replaces the real ones in the scripts. */
const CONTENT = '#!/bin/sh\necho "yq version v4.52.5 "\n';
const DIGEST = createHash('sha256').update(CONTENT).digest('hex');
const DOWNLOADS = [
  'githubcli-archive-keyring.gpg',
  `lookup?op=get&options=mr&search=0x${DOTNET_KEY}`,
  'yarn-1.22.22.tgz',
  'yq_linux_amd64',
];
const CHANGED_FOLDERS = ['etc', 'run', 'state', 'tmp', 'usr', 'var'];

let root: StubRoot;
let pristine: string;
beforeEach(() => {
  root = makeStubRoot(ARCHIVE);
  writeFileSync(join(root.folder, 'etc/apt/sources.list'), 'deb [arch=amd64] http://a.example noble main\n');
  DOWNLOADS.forEach((name) => {
    writeFileSync(join(root.state, 'downloads', name), CONTENT);
  });
  writeFileSync(join(root.state, 'key'), DOTNET_KEY);
  pristine = `${root.folder}-pristine`;
  cpSync(root.folder, pristine, { recursive: true });
});
afterEach(() => {
  [root.folder, pristine].forEach((folder) => {
    rmSync(folder, { recursive: true });
  });
});

function reset(): void {
  CHANGED_FOLDERS.forEach((name) => {
    rmSync(join(root.folder, name), { recursive: true });
    cpSync(join(pristine, name), join(root.folder, name), { recursive: true });
  });
}

function install({ script, environment }: GuestPart, fail?: number): Outcome {
  return runOnStubs(root, script.replaceAll(/\b[0-9a-f]{64}\b/g, DIGEST), environment, fail);
}

const check = (part: GuestPart): Outcome => runOnStubs(root, part.check);

/** Returns the sources after the clean-up, by their names. */
function readCleanSources({ cleanUp = '' }: GuestPart): Readonly<Record<string, string>> {
  expect(runOnStubs(root, cleanUp)).toMatchObject({ code: 0 });
  const folder = join(root.folder, 'etc/apt');
  const names = [
    'sources.list',
    ...readdirSync(join(folder, 'sources.list.d')).map((n) => `sources.list.d/${n}`),
  ];
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

describe.each(CASES)('%s', (_, part) => {
  test('The script, the check and the clean-up succeed, also a second time', () => {
    for (const time of [1, 2]) {
      expect({ time, ...install(part) }).toMatchObject({ code: 0 });
      expect({ time, ...check(part) }).toMatchObject({ code: 0, stdout: '' });
    }
    expect(runOnStubs(root, part.cleanUp ?? '')).toMatchObject({ code: 0 });
    expect(check(part)).toMatchObject({ code: 0, stdout: '' });
  });

  test('When any command fails, the script fails and names it, or its result is complete, and a second run completes it', () => {
    install(part);
    const sources = readCleanSources(part);
    let failures = 0;
    for (let fail = 1; ; fail++) {
      reset();
      const outcome = install(part, fail);
      const command = readCalls(root)[fail - 1]?.split(' ')[0];
      if (command === undefined) break;
      if (outcome.code === 0)
        expect({ fail, command, ...check(part) }).toMatchObject({ code: 0, stdout: '' });
      else expect(outcome.stdout).toContain(`${command}: injected failure`);
      if (outcome.code !== 0) failures++;
      if (fail % 4 === 1) {
        expect({ fail, command, again: install(part).code }).toEqual({ fail, command, again: 0 });
        expect({ fail, command, ...check(part) }).toMatchObject({ code: 0, stdout: '' });
        expect({ fail, command, sources: readCleanSources(part) }).toEqual({ fail, command, sources });
      }
    }
    expect(failures).toBeGreaterThan(2);
  });
});
