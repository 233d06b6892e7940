import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { afterEach, beforeEach } from '@jest/globals';
import type { Host } from '../../../src/builder/tools.ts';
import { unitPaths } from '../../../src/model/unit/unit-paths.ts';
import { runCommand } from '../../../src/system/process/command.ts';
import { PROGRAM } from './program.ts';
import { SYSTEMCTL } from './systemctl.ts';

export const UNIT = 'app/0';

/** A host in a temporary folder with /run on a tmpfs. The charm contains a scripted program. */
export interface TestHost {
  root: string;
  /** The target of /run, in memory. */
  memory: string;
  host: Host;
  /** Returns the calls of systemctl, in order. */
  systemctlCalls: () => Promise<readonly string[]>;
}

/** Writes the program of the charm in version `version`. */
export async function layOutCharm(charmDir: string, version: string): Promise<void> {
  await mkdir(join(charmDir, 'dist/bin'), { recursive: true });
  await mkdir(join(charmDir, 'node_modules/some'), { recursive: true });
  await writeFile(join(charmDir, 'package.json'), JSON.stringify({ type: 'module', version }));
  await writeFile(join(charmDir, 'dist/bin/github-runner-image-builder.js'), PROGRAM, { mode: 0o755 });
  await writeFile(join(charmDir, 'dist/bin/scheduler.js'), `// ${version}\n`);
  await writeFile(join(charmDir, 'node_modules/some/index.js'), 'export {};\n');
  await writeFile(join(charmDir, 'program-digest'), `${Buffer.from(version.padEnd(16)).toString('hex')}\n`);
}

async function openHost(): Promise<TestHost> {
  const root = await mkdtemp(join(tmpdir(), 'host-'));
  const memory = await mkdtemp('/dev/shm/host-');
  await symlink(memory, join(root, 'run'));
  const charmDir = join(root, 'charm');
  await layOutCharm(charmDir, '1');
  for (const folder of ['usr/bin', 'etc/systemd/system', 'etc/cron.d']) {
    await mkdir(join(root, folder), { recursive: true });
  }
  const systemctl = join(root, 'usr/bin/systemctl');
  await writeFile(systemctl, SYSTEMCTL);
  await chmod(systemctl, 0o755);
  const host: Host = { paths: unitPaths(root, UNIT), charmDir, node: execPath, runCommand };
  const calls = join(root, 'usr/bin/systemctl.calls');
  const systemctlCalls = async (): Promise<readonly string[]> =>
    (await readFile(calls, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
  return { root, memory, host, systemctlCalls };
}

/** Creates a fresh host before each test of the file and removes it afterwards. */
export function useHost(): TestHost {
  const fixture = {} as TestHost;
  beforeEach(async () => {
    Object.assign(fixture, await openHost());
  });
  afterEach(async () => {
    await rm(fixture.root, { recursive: true, force: true, maxRetries: 5 });
    await rm(fixture.memory, { recursive: true, force: true });
  });
  return fixture;
}
