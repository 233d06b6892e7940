import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execPath } from 'node:process';
import type { JobPlace } from '../../../src/builder/tools.ts';
import { compileSource } from '../../bin/compile-source.ts';

const CHECKOUT = resolve(import.meta.dirname, '../../..');
const ROOMS = ['builder', 'system', 'model'];

/** A daemon of its own process, as far as it starts one job by `startJob`, says so, and lives on. */
const DAEMON = `
import { startJob } from './builder/start-job.js';
import { runCommand, startDetached } from './system/command.js';
import { systemClock } from './system/clock.js';

const { place, args } = JSON.parse(process.argv[2]);
const tools = {
  ...place, clock: systemClock, signal: new AbortController().signal, runCommand, startDetached,
  newBuildId: () => '', environment: {}, pollIntervalMs: 10,
};
const render = ({ application, modelUuid, unit, buildId }) =>
  [...args, '--owner', JSON.stringify({ application, model_uuid: modelUuid, unit, build_id: buildId })];
await startJob(
  { kind: 'build', subject: 'img', cloudIds: ['a'], reason: 'r', buildId: 'b1', secrets: 'none', render }, tools,
);
process.stdout.write('started');
setInterval(() => undefined, 1000);
`;

/** Starts another daemon, from where `compileDaemon` made it, which has started the job `b1` with these arguments when this resolves. */
export async function startOtherDaemon(
  folder: string,
  { paths, orderer }: JobPlace,
  args: readonly string[],
): Promise<ChildProcess> {
  const told = JSON.stringify({ place: { paths, orderer }, args });
  const child = spawn(execPath, [join(folder, 'daemon.js'), told], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

/** Makes a program of its own of what a daemon needs. */
export async function compileDaemon(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await symlink(join(CHECKOUT, 'node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), '{"type": "module"}');
  for (const room of ROOMS) {
    const names = await readdir(join(CHECKOUT, 'src', room), { recursive: true });
    const sources = names.filter((name) => name.endsWith('.ts'));
    const targetOf = (name: string): string => join(folder, room, name.replace(/\.ts$/, '.js'));
    await Promise.all(
      sources.map((name) => compileSource(join(CHECKOUT, 'src', room, name), targetOf(name))),
    );
  }
  await writeFile(join(folder, 'daemon.js'), DAEMON);
}
