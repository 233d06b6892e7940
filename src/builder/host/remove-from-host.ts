import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { listFolder } from '../../system/files/folders.ts';
import { withSetupError, removeService } from './service.ts';
import type { Host } from '../tools.ts';

/**
 * Removes all files and the service of the unit, credentials first. Keeps the programs and the files of the jobs with
 * the ids `lastJobs`, which still run. Throws BuilderSetupError after removing what it can.
 */
export async function removeFromHost(
  host: Pick<Host, 'paths' | 'runCommand'>,
  lastJobs: readonly string[] = [],
): Promise<void> {
  const { run, state, jobs, programs, log, service } = host.paths;
  await remove(run);
  const removal = withSetupError(`${service} could not be removed`, () => removeService(host));
  await removal.catch(() => undefined); // thrown at the end
  await (lastJobs.length === 0 ? remove(state) : removeOthers(state, [jobs, programs]));
  const kept = lastJobs.map((id) => join(jobs, id));
  if (lastJobs.length > 0) await removeOthers(jobs, kept);
  await remove(log);
  await removal;
}

async function removeOthers(folder: string, kept: readonly string[]): Promise<void> {
  const paths = (await listFolder(folder)).map((name) => join(folder, name));
  for (const path of paths) if (!kept.includes(path)) await remove(path);
}

function remove(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, maxRetries: 3 });
}
