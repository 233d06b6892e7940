import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { listOngoingJobs, stopJobs } from '../builder/jobs/ongoing-jobs.ts';
import { removeFromHost } from '../builder/host/remove-from-host.ts';
import { stopService } from '../builder/host/service.ts';
import type { Host, JobPlace } from '../builder/tools.ts';
import type { Clock } from '../model/clock.ts';
import { DeadlineError } from '../model/errors.ts';
import type { UnitPaths } from '../model/unit-paths.ts';
import { readTextFile, writeFileAtomic } from '../system/files/text-file.ts';
import { ensureFolder } from '../system/files/folders.ts';
import type { Logger } from '../system/log/logger.ts';
import { waitFor } from '../system/wait.ts';

/** The time that the remove hook gives builds for their clean-up. */
const JOBS_END_TIMEOUT_MS = 30_000;
const POLL_INTERVAL_MS = 500;

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

/** Allows the unit to run again after a stop. */
export async function clearStopped(paths: UnitPaths): Promise<void> {
  await rm(markerOf(paths), { force: true });
}

/** Stops the daemon and signals its jobs to stop. Later relation hooks do not start the daemon again. */
export async function stopUnit({ host, orderer, logger }: LeavingUnit): Promise<void> {
  await ensureFolder(host.paths.state, 0o700);
  await writeFileAtomic(markerOf(host.paths), '', 0o600);
  await stopService(host);
  const jobs = await stopJobs({ paths: host.paths, orderer });
  logger.info('stopped', { jobs });
}

/** Removes the unit from its host when its jobs have ended, or after a timeout. */
export async function removeUnit(unit: LeavingUnit): Promise<void> {
  const { host, logger } = unit;
  await stopUnit(unit); // a forced removal skips the stop hook
  try {
    await waitForJobs(unit);
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
    logger.warning('jobs still clean up after the removal of the unit', { reason: error.message });
  }
  await removeFromHost(host);
  logger.info('removed from the host');
}

async function waitForJobs({ host, orderer, clock }: LeavingUnit): Promise<void> {
  const place = { paths: host.paths, orderer };
  await waitFor(async () => ((await listOngoingJobs(place)).length === 0 ? true : undefined), {
    what: 'the builds of this unit to end',
    timeoutMs: JOBS_END_TIMEOUT_MS,
    intervalMs: POLL_INTERVAL_MS,
    option: 'the remove hook',
    clock,
  });
}

function markerOf({ state }: UnitPaths): string {
  return join(state, 'stopped');
}
