import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../model/message-of.ts';
import type { UnitPaths } from '../../model/unit-paths.ts';
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
 * Makes the daemon run with the program in use, and at every boot. It is restarted only when the program or its unit
 * file are others than those that it was started with. Throws BuilderSetupError on a host without systemd.
 */
export async function ensureService(unitName: string, host: Omit<Host, 'charmDir'>): Promise<void> {
  const { paths } = host;
  await checkSystemd(paths);
  const systemd = systemdOf(host);
  const text = await renderUnitOf(unitName, host);
  const isSame = (await readTextFile(paths.serviceFile)) === text;
  if (!isSame) await writeFileAtomic(paths.serviceFile, text, 0o644);
  const wanted = await digestOf(text, paths);
  if (isSame && (await readTextFile(startedWith(paths)))?.trim() === wanted) {
    if (!(await systemd.isEnabled(paths.service))) await systemd.enable(paths.service);
    await ensureServiceRuns(host);
    return;
  }
  await systemd.reload();
  await systemd.enable(paths.service);
  await systemd.restart(paths.service);
  await writeFileAtomic(startedWith(paths), `${wanted}\n`, 0o600); // last: what a crash cut off is done again
}

/** Starts the daemon when it does not run; tells whether it did. Throws BuilderSetupError. */
export function ensureServiceRuns(host: ServiceHost): Promise<boolean> {
  const { service } = host.paths;
  return asSetup(`${service} could not be started`, async () => {
    const systemd = systemdOf(host);
    if (await systemd.isActive(service)) return false;
    await systemd.start(service);
    return true;
  });
}

/** Stops the daemon; its jobs run on. Throws BuilderSetupError. */
export function stopService(host: ServiceHost): Promise<void> {
  const { service } = host.paths;
  return asSetup(`${service} could not be stopped`, () => systemdOf(host).stop(service));
}

/** Leaves no trace of the daemon in systemd. */
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

/** Runs `act`; whatever fails is a BuilderSetupError that says what it was for. */
export async function asSetup<T>(what: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    if (cause instanceof BuilderSetupError) throw cause;
    throw new BuilderSetupError(`${what}: ${messageOf(cause)}`, { cause });
  }
}

async function checkSystemd({ systemctl }: UnitPaths): Promise<void> {
  if (await isThere(systemctl)) return;
  const message = `${systemctl}: not found, and the scheduler is a service. Install: apt-get install`;
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

/** Stands for all that the daemon is started with. */
async function digestOf(unitFile: string, paths: UnitPaths): Promise<string> {
  const program = (await findLinkTarget(currentProgram(paths))) ?? '';
  return createHash('sha256').update(`${program}\n${unitFile}`).digest('hex');
}

function startedWith({ state }: UnitPaths): string {
  return join(state, 'service-started-with');
}
