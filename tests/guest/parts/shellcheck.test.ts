import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { GuestPart } from '../../../src/guest/guest-part.ts';
import { listGuestParts } from '../../../src/guest/parts.ts';
import { ARCHES, checkBases, type Arch } from '../../../src/model/image/arch.ts';
import { BASES, type Base } from '../../../src/model/image/base.ts';
import { guestContent } from '../../support/guest-content.ts';

/** The program is a package of Debian and Ubuntu. CI installs it; without it, these tests are skipped. */
const hasShellcheck = spawnSync('shellcheck', ['--version']).status === 0;
const describeShellcheck = hasShellcheck ? describe : describe.skip;

const PACKAGES = ['cargo', 'docker.io', 'dotnet-runtime-8.0', 'gh', 'jq', 'python3-pip'];
const TARGETS = (Object.keys(BASES) as Base[]).flatMap((base) =>
  ARCHES.filter((arch) => canBuild(arch, base)).map((arch) => ({ base, arch })),
);

function canBuild(arch: Arch, base: Base): boolean {
  let problems = 0;
  checkBases(arch, [base], () => problems++);
  return problems === 0;
}

/** Returns the parts of a target without snaps of channels, and those of all combinations of channels and bootstraps. */
function listParts(base: Base, arch: Arch): readonly GuestPart[] {
  const channels = ['', '2.9/stable', '3.6/edge/fix-1'].flatMap((juju) =>
    ['', '1.32/stable', '1.29-strict/stable'].map((microk8s) => ({ juju, microk8s })),
  );
  const dockerMirror = "https://docker.example/it's";
  const aptMirror = 'http://mirror.example';
  const options = { base, arch, aptPackages: PACKAGES, aptMirror, dockerMirror };
  const variants = (['boot', 'build'] as const).flatMap((bootstrap) =>
    ['', 'https://cache.example/v2'].flatMap((dockerhubCache) =>
      channels.map((variant) => ({ ...options, ...variant, bootstrap, dockerhubCache })),
    ),
  );
  return variants.flatMap((variant) => listGuestParts(guestContent(variant)));
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'shellcheck-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** SC2012: the listed names are our own. SC2016: some scripts write text for another shell, which must not be expanded. */
const EXCLUDED = '--exclude=SC2012,SC2016';

/** Returns the scripts by the names of their files. A script that several targets share is listed once. */
function listScripts(): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { base, arch } of TARGETS) {
    for (const { name, script, check, cleanUp } of listParts(base, arch)) {
      for (const [kind, text] of [...Object.entries({ script, check, cleanUp }), ...listSteps(script)]) {
        if (text !== undefined && !names.has(text))
          names.set(text, `${names.size}-${name}-${kind}-${base}-${arch}.sh`);
      }
    }
  }
  return new Map([...names].map(([text, name]) => [name, text]));
}

/** Returns the programs of the first boot that a script writes. */
function listSteps(script: string): readonly (readonly [string, string])[] {
  const written = /printf '%s' '((?:[^']|'\\'')*)' >\/var\/lib\/github-runner-first-boot\/(?:steps\/)?(\S+)/g;
  return [...script.matchAll(written)].map(([, text = '', name = '']) => [
    name,
    text.replaceAll(String.raw`'\''`, "'"),
  ]);
}

describeShellcheck('shellcheck', () => {
  test('Every script of every part, on all bases and architectures, is free of findings', () => {
    const scripts = listScripts();
    expect(scripts.size).toBeGreaterThan(50);
    expect([...scripts.keys()].filter((name) => name.includes('-10-microk8s-')).length).toBeGreaterThan(3);
    expect([...scripts.keys()].filter((name) => name.includes('-20-juju-')).length).toBe(2);
    scripts.forEach((text, name) => {
      writeFileSync(join(folder, name), `#!/bin/sh\nset -eu\n${text}`);
    });
    const { status, stdout, stderr } = spawnSync(
      'shellcheck',
      ['--format=gcc', EXCLUDED, ...scripts.keys()],
      {
        cwd: folder,
        encoding: 'utf8',
        timeout: 120_000,
      },
    );
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
  });
});
