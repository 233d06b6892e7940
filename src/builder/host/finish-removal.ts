import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../model/clock.ts';
import { decode, fields, text } from '../../model/decode.ts';
import { InputError } from '../../model/errors.ts';
import { parseJsonText } from '../../model/text/json-text.ts';
import type { UnitPaths } from '../../model/unit/unit-paths.ts';
import { readTextFile, writeFileAtomic } from '../../system/files/text-file.ts';
import { signalProcess } from '../../system/process/processes.ts';
import { CLEAN_UP_TIMEOUT_MS } from '../jobs/cancel-job.ts';
import { findJobProcesses } from '../jobs/job-processes.ts';
import type { Host, JobPlace } from '../tools.ts';
import { SCHEDULER_FILE, nodeOf, resolveCurrentProgram } from './programs.ts';

const START_TIMEOUT_MS = 5000;
const POLL_INTERVAL_MS = 1000;
/** After it, a killed process that waits for a device is left alone. */
const KILL_TIMEOUT_MS = 60_000;

/** Starts its arguments outside the hook: as a service of systemd, or in a session of its own. */
const START_SCRIPT = `run=$1; shift
"$run" --quiet --collect -- "$@" >/dev/null 2>&1 || setsid -- "$@" </dev/null >/dev/null 2>&1 &`;

const orderer = fields({ application: text, modelUuid: text, unit: text });

/**
 * Starts a process that ends the removal of a unit: it waits for the unit's last jobs and then deletes the unit's folder,
 * from which it and the jobs run. The charm may be deleted before.
 */
export async function startFinishingRemoval(
  { paths, node, runCommand }: Host,
  place: JobPlace['orderer'],
): Promise<void> {
  await writeFileAtomic(paths.removal, `${JSON.stringify(place)}\n`, 0o600);
  const program = await resolveCurrentProgram(paths);
  const command = [await nodeOf(program, node), join(program, SCHEDULER_FILE), 'finish-removal'];
  const options = ['--unit', place.unit, ...(paths.root === '/' ? [] : ['--root', paths.root])];
  await runCommand({
    file: '/bin/sh',
    args: ['-c', START_SCRIPT, 'sh', paths.systemdRun, ...command, ...options],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' },
    cwd: '/',
    timeoutMs: START_TIMEOUT_MS,
  });
}

/**
 * Waits until the last jobs of a removed unit have ended, kills those that do not end within half an hour, and deletes the
 * unit's folder. Deletes nothing when the unit was installed again in the meantime.
 */
export async function finishRemoval(paths: UnitPaths, clock: Clock, signal: AbortSignal): Promise<void> {
  const json = await readTextFile(paths.removal);
  if (json === undefined)
    throw new InputError([`${paths.removal}: not found: the unit is not being removed`]);
  const removed = parseJsonText(json, paths.removal);
  const place = {
    paths,
    orderer: decode(orderer, removed, paths.removal, (problems) => new InputError(problems)),
  };
  const killAt = clock.now() + CLEAN_UP_TIMEOUT_MS;
  const giveUpAt = killAt + KILL_TIMEOUT_MS;
  while (clock.now() < giveUpAt) {
    const running = await findJobProcesses(place);
    if (running.length === 0) break;
    if (clock.now() >= killAt) for (const { identity } of running) signalProcess(identity, 'SIGKILL');
    await clock.sleep(POLL_INTERVAL_MS, signal);
  }
  if ((await readTextFile(paths.removal)) !== json) return;
  await rm(paths.state, { recursive: true, force: true, maxRetries: 3 });
}
