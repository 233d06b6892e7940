import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execPath } from 'node:process';
import type { JobPlace } from '../../../src/builder/tools.ts';
import type { WorkOrder } from '../../../src/model/job/job-order.ts';
import { compileSource } from '../../cli/compile-source.ts';

const CHECKOUT = resolve(import.meta.dirname, '../../..');
const FOLDERS = ['builder', 'system', 'model'];

/** A daemon in its own process, which starts one job, prints `started` and continues to run. */
const DAEMON = `
import { startJob } from './builder/jobs/start-job.js';
import { runCommand, startDetached } from './system/process/command.js';
import { systemClock } from './system/clock.js';

const { location, order } = JSON.parse(process.argv[2]);
const tools = {
  ...location, clock: systemClock, signal: new AbortController().signal, runCommand, startDetached,
  newBuildId: () => '', environment: {}, pollIntervalMs: 10,
};
await startJob(order, tools);
process.stdout.write('started');
setInterval(() => undefined, 1000);
`;

/** Starts the daemon that `compileDaemon` wrote into `folder`. Resolves when the daemon has started the job. */
export async function startOtherDaemon(
  folder: string,
  { paths, orderer }: JobPlace,
  order: WorkOrder,
): Promise<ChildProcess> {
  const input = JSON.stringify({ location: { paths, orderer }, order });
  const child = spawn(execPath, [join(folder, 'daemon.js'), input], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

/** Compiles a daemon and the sources that it needs into `folder`. */
export async function compileDaemon(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await symlink(join(CHECKOUT, 'node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), '{"type": "module"}');
  for (const source of FOLDERS) {
    const names = await readdir(join(CHECKOUT, 'src', source), { recursive: true });
    const sources = names.filter((name) => name.endsWith('.ts'));
    const targetOf = (name: string): string => join(folder, source, name.replace(/\.ts$/, '.js'));
    await Promise.all(
      sources.map((name) => compileSource(join(CHECKOUT, 'src', source, name), targetOf(name))),
    );
  }
  await writeFile(join(folder, 'daemon.js'), DAEMON);
}
