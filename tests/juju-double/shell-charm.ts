import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach } from '@jest/globals';
import { zipCharm } from '../support/juju/charm/charm-zip.ts';
import { type Machine, type UnitOptions, openMachine } from '../support/juju/machine/machine.ts';
import type { UnitAgent } from '../support/juju/unit-agent.ts';
import { ACTIONS, CONFIG, MANIFEST, METADATA } from './sample-charm.ts';

/** The bash scripts of the charm by the name of the hook, action or other event. */
type Scripts = Readonly<Record<string, string>>;

/** Records the name of the event, then runs the script of that name. */
const DISPATCH = `#!/bin/bash
set -eu
name="\${JUJU_DISPATCH_PATH##*/}"
echo "$name\${JUJU_REMOTE_UNIT:+ $JUJU_REMOTE_UNIT}" >> ../ran
if [ -f "scripts/$name" ]; then . "scripts/$name"; fi
`;

export interface ShellMachine {
  machine: Machine;
  folder: string;
  /** Packs a charm with these scripts and returns the path of the zip. */
  pack(scripts: Scripts): Promise<string>;
  /** Packs a charm and adds a unit of it, which is not deployed yet. */
  add(scripts?: Scripts, options?: Omit<UnitOptions, 'charm'>): Promise<UnitAgent>;
}

/** Opens a new machine for each test of the calling file. */
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

/** Returns the runs since the last call, such as `config-changed` or `image-relation-joined consumer/0`. */
export async function takeRuns(agent: UnitAgent): Promise<readonly string[]> {
  const path = join(dirname(agent.charmDir), 'ran');
  const text = await readFile(path, 'utf8').catch(() => '');
  await rm(path, { force: true });
  return text.split('\n').filter((line) => line !== '');
}
