import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import type { GuestPart } from '../../../src/guest/guest-part.ts';
import { type Outcome } from './shell.ts';
import { STUBS, WRAPPED } from './stub-commands.ts';

/** Lists the commands in $STATE/calls, and fails at the one with the number $FAIL as most programs fail: with 1. */
const TICK = String.raw`#!/bin/sh
line="${'${'}0##*/} $*"
printf '%s\n' "${'${'}line%%
*}" >>"$STATE/calls"
if [ -n "${'${'}FAIL:-}" ]; then
  read -r count <"$STATE/count"
  count=$((count + 1))
  echo "$count" >"$STATE/count"
  if [ "$count" -eq "$FAIL" ]; then
    echo "${'${'}0##*/}: injected failure" >&2
    exit 1
  fi
fi
`;

/** Only the commands of the script itself are counted, not those of the substitutes. */
const REAL_PATH = 'PATH=/usr/bin:/bin\n';

/** A folder with the files that scripts change, and the substitutes for the commands that they call. */
export interface StubRoot {
  readonly folder: string;
  readonly state: string;
}

/** Creates the folder. All packages of `archive` exist, and only unattended-upgrades is installed. */
export function makeStubRoot(archive: readonly string[]): StubRoot {
  const folder = mkdtempSync(join(tmpdir(), 'stub-root-'));
  const state = join(folder, 'state');
  ['state/downloads', 'bin', 'etc/apt/sources.list.d', 'run/systemd/system', 'root', 'tmp'].forEach((path) =>
    mkdirSync(join(folder, path), { recursive: true }),
  );
  ['var/lib/apt/lists', 'var/log/apt', 'var/cache/apt', 'usr/bin', 'var/lib/docker'].forEach((path) =>
    mkdirSync(join(folder, path), { recursive: true }),
  );
  STUBS.forEach((text, name) =>
    writeProgram(join(folder, 'bin', name), `${TICK}${name === 'sudo' ? '' : REAL_PATH}${text}`),
  );
  WRAPPED.forEach((name) =>
    writeProgram(join(folder, 'bin', name), `${TICK}${REAL_PATH}exec ${name} "$@"\n`),
  );
  writeFileSync(join(state, 'count'), '0\n');
  writeFileSync(join(state, 'archive'), `${archive.join('\n')}\n`);
  writeFileSync(join(state, 'installed'), 'unattended-upgrades\n');
  writeFileSync(join(state, 'groups'), 'ubuntu docker sudo\n');
  return { folder, state };
}

function writeProgram(path: string, text: string): void {
  writeFileSync(path, text);
  chmodSync(path, 0o755);
}

/** Replaces the paths of the system by those of the folder. Throws when one is left, because the script may run as root. */
function moveInto(folder: string, script: string): string {
  const moved = script.replaceAll(/(?<![\w.}/])\/(etc|var|run|root|usr\/bin\/yq)\b/g, `${folder}/$1`);
  const known = moved.replaceAll(new RegExp(`${folder}/(etc|var|run|root|usr/bin/yq)\\b`, 'g'), '');
  const other = /\S*\/(etc|var|run|root|home|boot|srv|usr\/bin\/yq|usr\/sbin|usr\/lib)\b\S*/.exec(known);
  if (other !== null) throw new Error(`the script would change ${other[0]} of this machine`);
  return moved;
}

/** Runs a script of a part on the folder. */
export function runOnStubs(
  root: StubRoot,
  script: string,
  environment: GuestPart['environment'] = {},
  fail?: number,
): Outcome {
  const here = moveInto(root.folder, script);
  const { status, stdout, stderr } = spawnSync('/bin/sh', ['-eu', '-c', `exec 2>&1\n${here}`], {
    cwd: root.folder,
    env: {
      PATH: `${join(root.folder, 'bin')}:/usr/bin:/bin`,
      STATE: root.state,
      ETC: join(root.folder, 'etc'),
      TMPDIR: join(root.folder, 'tmp'),
      ...(fail === undefined ? {} : { FAIL: String(fail) }),
      ...Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, String(value)])),
    },
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { code: status, stdout, stderr };
}

/** Returns the last line of an output, which is the reason of a failure. */
export function lastLine({ stdout }: Outcome): string {
  return stdout.trimEnd().split('\n').at(-1) ?? '';
}

/** Returns the first line of the command line of each command since the folder was created. */
export function readCalls({ state }: StubRoot): readonly string[] {
  return readFileSync(join(state, 'calls'), 'utf8').trimEnd().split('\n');
}
