import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execPath } from 'node:process';
import type { JobPlace } from '../../../src/builder/tools.ts';
import type { WorkOrder } from '../../../src/model/job-order.ts';
import { compileSource } from '../../cli/compile-source.ts';

const CHECKOUT = resolve(import.meta.dirname, '../../..');
const ROOMS = ['builder', 'system', 'model'];

/** A daemon of its own process, as far as it starts one job by `startJob`, says so, and lives on. */
const DAEMON = `
import { startJob } from './builder/jobs/start-job.js';
import { runCommand, startDetached } from './system/process/command.js';
import { systemClock } from './system/clock.js';

const { place, order } = JSON.parse(process.argv[2]);
const tools = {
  ...place, clock: systemClock, signal: new AbortController().signal, runCommand, startDetached,
  newBuildId: () => '', environment: {}, pollIntervalMs: 10,
};
await startJob(order, tools);
process.stdout.write('started');
setInterval(() => undefined, 1000);
`;

/** Starts another daemon, from where `compileDaemon` made it; it has started the job when this resolves. */
export async function startOtherDaemon(
  folder: string,
  { paths, orderer }: JobPlace,
  order: WorkOrder,
): Promise<ChildProcess> {
  const told = JSON.stringify({ place: { paths, orderer }, order });
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
