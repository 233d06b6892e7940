import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PROGRAM_FILE } from '../../../src/builder/host/programs.ts';
import type { UnitPaths } from '../../../src/model/unit/unit-paths.ts';

/** The user `nobody`. */
const NOBODY = 65_534;

interface FakeJob {
  /** Another user to run as. With only the real user id, it is like a set-user-ID program that this user started. */
  readonly otherUser?: keyof typeof BECOME;
}

/** The Perl code that switches to another user by its real and effective user ids. */
const BECOME = {
  'real and effective': `($<, $>) = (${NOBODY}, ${NOBODY});`,
  'only real': `$< = ${NOBODY};`,
} as const;

/** Writes a program that prints `up` and sleeps. It is in Perl, which starts fast and can change user ids. */
export async function writeFakeProgram({ programs }: UnitPaths, { otherUser }: FakeJob): Promise<string> {
  const script = join(programs, 'fake', PROGRAM_FILE);
  await mkdir(dirname(script), { recursive: true });
  const become = otherUser === undefined ? '' : BECOME[otherUser];
  await writeFile(script, `${become} $| = 1; print "up"; sleep 1 while 1;\n`);
  return script;
}

/** Starts a fake program of the unit with `args`. It runs until it is killed. */
export async function startFakeJob(
  paths: UnitPaths,
  args: readonly string[],
  fake: FakeJob,
): Promise<ChildProcess> {
  const script = await writeFakeProgram(paths, fake);
  const child = spawn('perl', [script, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(child.stdout, 'data');
  return child;
}
