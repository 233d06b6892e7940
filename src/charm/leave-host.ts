import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startFinishingRemoval } from '../builder/host/finish-removal.ts';
import { findJobOrder, jobFiles } from '../builder/jobs/job-files.ts';
import { listOngoingJobs, stopJobs } from '../builder/jobs/ongoing-jobs.ts';
import { removeFromHost } from '../builder/host/remove-from-host.ts';
import { stopService } from '../builder/host/service.ts';
import type { Host, JobPlace } from '../builder/tools.ts';
import type { Clock } from '../model/clock.ts';
import { DeadlineError } from '../model/errors.ts';
import { listCleanUps } from '../model/job/job-resources.ts';
import type { UnitPaths } from '../model/unit/unit-paths.ts';
import { readFileTail } from '../system/files/file-tail.ts';
import { readTextFile, writeFileAtomic } from '../system/files/text-file.ts';
import { ensureFolder } from '../system/files/folders.ts';
import type { Logger } from '../system/log/logger.ts';
import { waitFor } from '../system/wait.ts';

/** The time from the start of the remove hook that it gives jobs for their clean-up. */
const JOBS_END_TIMEOUT_MS = 3000;
const POLL_INTERVAL_MS = 250;
/** More than a job writes without debug lines. */
const MAX_LOG_BYTES = 4 * 1024 * 1024;

/** A unit that stops or is removed. */
export interface LeavingUnit {
  readonly host: Host;
  readonly orderer: JobPlace['orderer'];
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Reports whether the unit was stopped and has not been started since. */
export async function isStopped(paths: UnitPaths): Promise<boolean> {
  return (await readTextFile(markerOf(paths))) !== undefined;
}

/** Allows the unit to run again after a stop, and keeps its folder when it was removed before. */
export async function clearStopped(paths: UnitPaths): Promise<void> {
  await rm(markerOf(paths), { force: true });
  await rm(paths.removal, { force: true });
}

/** Stops the daemon and signals its jobs to stop. Later relation hooks do not start the daemon again. */
export async function stopUnit({ host, orderer, logger }: LeavingUnit): Promise<void> {
  await ensureFolder(host.paths.state, 0o700);
  await writeFileAtomic(markerOf(host.paths), '', 0o600);
  await stopService(host);
  const jobs = await stopJobs({ paths: host.paths, orderer });
  logger.info('stopped', { jobs });
}

/**
 * Removes the unit from its host. Jobs that need more time to undo what they made go on, from the program's copy in the
 * unit's folder, which is then deleted after their end. `beganAt` is the start of the hook.
 */
export async function removeUnit(unit: LeavingUnit, beganAt: number): Promise<void> {
  const { host, orderer, logger, clock } = unit;
  await stopUnit(unit); // a forced removal skips the stop hook
  await waitForJobs(unit, Math.max(0, beganAt + JOBS_END_TIMEOUT_MS - clock.now()));
  const last = await listOngoingJobs({ paths: host.paths, orderer });
  for (const job of last) await logCleanUps(job.buildId, unit);
  await removeFromHost(
    host,
    last.map(({ buildId }) => buildId),
  );
  if (last.length > 0) await startFinishingRemoval(host, orderer);
  logger.info('removed from the host', { jobs: last.length });
}

async function waitForJobs({ host, orderer, clock }: LeavingUnit, timeoutMs: number): Promise<void> {
  const place = { paths: host.paths, orderer };
  try {
    await waitFor(async () => ((await listOngoingJobs(place)).length === 0 ? true : undefined), {
      what: 'the jobs of this unit to end',
      timeoutMs,
      intervalMs: POLL_INTERVAL_MS,
      option: 'the remove hook',
      clock,
    });
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
  }
}

/** Logs the commands that delete what a job leaves in the clouds if its clean-up fails. */
async function logCleanUps(buildId: string, { host: { paths }, logger }: LeavingUnit): Promise<void> {
  const order = await findJobOrder(paths, buildId);
  if (order === undefined) return; // a job of version 0.1.0
  const log = await readFileTail(jobFiles(paths, buildId).progress, MAX_LOG_BYTES);
  for (const { cloud, commands } of listCleanUps(order, log)) {
    logger.warning('a job still cleans up after the removal; if it fails, run these commands in its cloud', {
      ...{ kind: order.kind, buildId, cloud, commands },
    });
  }
}

function markerOf({ state }: UnitPaths): string {
  return join(state, 'stopped');
}
