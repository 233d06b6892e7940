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

/** How long a hook waits for builds to clean up after themselves. */
const FAREWELL_MS = 30_000;
const LOOK_MS = 500;

/** What it takes to leave a host. */
export interface LeavingUnit {
  readonly host: Host;
  readonly orderer: JobPlace['orderer'];
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Was the unit stopped, and not started since? */
export async function isStopped(paths: UnitPaths): Promise<boolean> {
  return (await readTextFile(markerOf(paths))) !== undefined;
}

/** Lets the unit run again after a stop. */
export async function clearStopped(paths: UnitPaths): Promise<void> {
  await rm(markerOf(paths), { force: true });
}

/** Ends the daemon and tells its jobs to stop; relation hooks that come later do not start it again. */
export async function stopUnit({ host, orderer, logger }: LeavingUnit): Promise<void> {
  await ensureFolder(host.paths.state, 0o700);
  await writeFileAtomic(markerOf(host.paths), '', 0o600);
  await stopService(host);
  const jobs = await stopJobs({ paths: host.paths, orderer });
  logger.info('stopped', { jobs });
}

/** Takes the unit off its host, once its jobs have ended or have had their time to. */
export async function removeUnit(unit: LeavingUnit): Promise<void> {
  const { host, logger } = unit;
  await stopUnit(unit); // a forced removal skips stop
  try {
    await waitForJobs(unit);
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
    logger.warning('jobs still clean up while the unit goes', { reason: error.message });
  }
  await removeFromHost(host);
  logger.info('removed from the host');
}

async function waitForJobs({ host, orderer, clock }: LeavingUnit): Promise<void> {
  const place = { paths: host.paths, orderer };
  await waitFor(async () => ((await listOngoingJobs(place)).length === 0 ? true : undefined), {
    what: 'the builds of this unit to end',
    timeoutMs: FAREWELL_MS,
    intervalMs: LOOK_MS,
    option: 'the remove hook',
    clock,
  });
}

function markerOf({ state }: UnitPaths): string {
  return join(state, 'stopped');
}
