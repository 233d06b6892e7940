import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach } from '@jest/globals';
import { zipCharm } from '../support/juju/charm/charm-zip.ts';
import { type Machine, type UnitOptions, openMachine } from '../support/juju/machine/machine.ts';
import type { UnitAgent } from '../support/juju/unit-agent.ts';
import { ACTIONS, CONFIG, MANIFEST, METADATA } from './sample-charm.ts';

/** What the charm does in a hook, an action or under a name of its own: bash. */
type Scripts = Readonly<Record<string, string>>;

/** Tells what it was run for, then runs the script of that name. */
const DISPATCH = `#!/bin/bash
set -eu
name="\${JUJU_DISPATCH_PATH##*/}"
echo "$name\${JUJU_REMOTE_UNIT:+ $JUJU_REMOTE_UNIT}" >> ../ran
if [ -f "scripts/$name" ]; then . "scripts/$name"; fi
`;

export interface ShellMachine {
  machine: Machine;
  folder: string;
  /** Packs a charm of these scripts; gives the zip's path. */
  pack(scripts: Scripts): Promise<string>;
  /** Packs one and adds a unit of it, not yet deployed. */
  add(scripts?: Scripts, options?: Omit<UnitOptions, 'charm'>): Promise<UnitAgent>;
}

/** A machine of its own for each test of a file. */
export function useMachine(): ShellMachine {
  const shell: ShellMachine = {
    machine: undefined as unknown as Machine,
    folder: '',
    pack: (scripts) => packCharm(shell.folder, scripts),
    add: async (scripts = {}, options = {}) =>
      shell.machine.addUnit({ application: 'app', ...options, charm: await shell.pack(scripts) }),
  };
  beforeEach(async () => {
    shell.folder = await mkdtemp(join(tmpdir(), 'charm-'));
    shell.machine = await openMachine({ maxRestartMs: 50 });
  });
  afterEach(async () => {
    await shell.machine.close();
    await rm(shell.folder, { recursive: true });
  });
  return shell;
}

let packed = 0;

async function packCharm(folder: string, scripts: Scripts): Promise<string> {
  packed += 1;
  const source = join(folder, `source-${packed}`);
  await mkdir(join(source, 'scripts'), { recursive: true });
  const files = { 'metadata.yaml': METADATA, 'config.yaml': CONFIG, 'actions.yaml': ACTIONS };
  for (const [path, text] of Object.entries({ ...files, 'manifest.yaml': MANIFEST, dispatch: DISPATCH })) {
    await writeFile(join(source, path), text);
  }
  await chmod(join(source, 'dispatch'), 0o755);
  for (const [name, text] of Object.entries(scripts))
    await writeFile(join(source, 'scripts', name), `${text}\n`);
  const target = join(folder, `${packed}.charm`);
  await zipCharm(source, target);
  return target;
}

/** What the charm was run for since the last call, `config-changed` or `image-relation-joined consumer/0`. */
export async function takeRuns(agent: UnitAgent): Promise<readonly string[]> {
  const path = join(dirname(agent.charmDir), 'ran');
  const text = await readFile(path, 'utf8').catch(() => '');
  await rm(path, { force: true });
  return text.split('\n').filter((line) => line !== '');
}
