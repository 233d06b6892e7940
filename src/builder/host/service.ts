import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../model/text/message-of.ts';
import type { UnitPaths } from '../../model/unit/unit-paths.ts';
import { readTextFile, writeFileAtomic } from '../../system/files/text-file.ts';
import { findLinkTarget } from '../../system/files/folders.ts';
import { type Systemd, openSystemd } from '../../system/process/systemd.ts';
import { APT_DEPENDENCIES } from '../constants.ts';
import { BuilderSetupError } from '../errors.ts';
import { SCHEDULER_FILE, currentProgram, isThere, nodeOf } from './programs.ts';
import { renderServiceUnit } from './service-unit.ts';
import type { Host } from '../tools.ts';

type ServiceHost = Pick<Host, 'paths' | 'runCommand'>;

/**
 * Starts the daemon from the program in use and enables it at boot. Restarts it only when the program or the unit file
 * changed since its last start. Returns whether it did either. Throws BuilderSetupError on a host without systemd.
 */
export async function ensureService(unitName: string, host: Omit<Host, 'charmDir'>): Promise<boolean> {
  const { paths } = host;
  await checkSystemd(paths);
  const systemd = systemdOf(host);
  const text = await renderUnitOf(unitName, host);
  const isSame = (await readTextFile(paths.serviceFile)) === text;
  if (!isSame) await writeFileAtomic(paths.serviceFile, text, 0o644);
  const wanted = await digestOf(text, paths);
  if (isSame && (await readTextFile(startDigestFile(paths)))?.trim() === wanted) {
    const { isActive, isEnabled } = await systemd.stateOf(paths.service);
    if (!isEnabled) await systemd.enable(paths.service);
    if (!isActive) await startService(host);
    return !isActive;
  }
  await systemd.reload();
  await systemd.enable(paths.service);
  await systemd.restart(paths.service);
  // last, so that a crash before this line leads to another restart
  await writeFileAtomic(startDigestFile(paths), `${wanted}\n`, 0o600);
  return true;
}

function startService(host: ServiceHost): Promise<void> {
  const { service } = host.paths;
  return withSetupError(`${service} could not be started`, () => systemdOf(host).start(service));
}

/** Restarts the daemon but not its jobs. Throws BuilderSetupError. */
export function restartService(host: ServiceHost): Promise<void> {
  const { service } = host.paths;
  return withSetupError(`${service} could not be restarted`, () => systemdOf(host).restart(service));
}

/** Stops the daemon but not its jobs. Throws BuilderSetupError. */
export function stopService(host: ServiceHost): Promise<void> {
  const { service } = host.paths;
  return withSetupError(`${service} could not be stopped`, () => systemdOf(host).stop(service));
}

/** Stops the daemon and does not start it at boot. The next hook of this charm starts and enables it again. */
export async function disableService(host: ServiceHost): Promise<void> {
  const { service } = host.paths;
  const systemd = systemdOf(host);
  await systemd.disable(service); // first, because the daemon itself may call this and ends when it is stopped
  await systemd.stop(service);
}

/** Stops the daemon and removes it from systemd. */
export async function removeService(host: ServiceHost): Promise<void> {
  const { service, serviceFile } = host.paths;
  const systemd = systemdOf(host);
  await systemd.stop(service);
  await systemd.resetFailed(service);
  if (!(await isThere(serviceFile))) return;
  await systemd.disable(service);
  await rm(serviceFile, { force: true });
  await systemd.reload();
}

/** Runs `action` and turns a failure into a BuilderSetupError that begins with `message`. */
export async function withSetupError<T>(message: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    if (cause instanceof BuilderSetupError) throw cause;
    throw new BuilderSetupError(`${message}: ${messageOf(cause)}`, { cause });
  }
}

async function checkSystemd({ systemctl }: UnitPaths): Promise<void> {
  if (await isThere(systemctl)) return;
  const message = `${systemctl}: not found, but the scheduler runs as a systemd service. Install it: apt-get install`;
  throw new BuilderSetupError(`${message} ${APT_DEPENDENCIES.join(' ')}`, { kind: 'input' });
}

function systemdOf({ paths, runCommand }: ServiceHost): Systemd {
  return openSystemd(paths.systemctl, runCommand);
}

async function renderUnitOf(unitName: string, { paths, node }: Omit<Host, 'charmDir'>): Promise<string> {
  const program = currentProgram(paths);
  return renderServiceUnit({
    program,
    node: await nodeOf(program, node),
    scheduler: join(program, SCHEDULER_FILE),
    unitName,
    root: paths.root,
  });
}

/** Returns a digest of everything that the daemon is started with. */
async function digestOf(unitFile: string, paths: UnitPaths): Promise<string> {
  const program = (await findLinkTarget(currentProgram(paths))) ?? '';
  return createHash('sha256').update(`${program}\n${unitFile}`).digest('hex');
}

function startDigestFile({ state }: UnitPaths): string {
  return join(state, 'service-started-with');
}
