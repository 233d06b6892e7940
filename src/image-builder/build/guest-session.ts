import { CHECKS_COMMAND, findFailedChecks, renderChecks } from '../../guest/checks.ts';
import { CLEAN_UP_COMMAND, renderCleanUp } from '../../guest/clean-up.ts';
import { findGuestFailure } from '../../guest/console.ts';
import type { GuestPart } from '../../guest/guest-part.ts';
import { PARTS_REPORT_COMMAND, parsePartsReport } from '../../guest/parts-report.ts';
import { CloudInitFailError, DeadlineError, GuestCheckError } from '../../model/errors.ts';
import type { PartSeconds } from '../../model/program-result-common.ts';
import { type Timeouts, timeoutOption } from '../../model/timeouts.ts';
import type { Cloud } from '../../openstack/cloud.ts';
import { getConsole } from '../../openstack/servers.ts';
import { SshTimeoutError } from '../../system/ssh/ssh-errors.ts';
import type { SshResult, SshSession } from '../../system/ssh/ssh.ts';
import type { RunSettings } from '../context.ts';

/** A guest with an open SSH session. */
export interface Guest {
  readonly cloud: Cloud;
  readonly serverId: string;
  readonly session: SshSession;
  readonly parts: readonly GuestPart[];
}

/** A command to run in the guest. */
export interface GuestCommand {
  readonly command: string;
  readonly stdin?: string;
  /** The time-out of the command. Default: commandTimeout. */
  readonly timeout?: keyof Timeouts;
}

/** The limits of a command in the guest. */
export type CommandLimits = Pick<RunSettings, 'timeouts' | 'signal'>;

/** Waits until cloud-init has finished. Throws CloudInitFailError with the failed part and its last lines. */
export async function waitForCloudInit(
  guest: Pick<Guest, 'cloud' | 'serverId' | 'session'>,
  context: CommandLimits & Pick<RunSettings, 'owner'>,
): Promise<void> {
  const wait = { command: 'cloud-init status --wait', timeout: 'cloudInitTimeout' } as const;
  const result = await runInGuest(guest, wait, context);
  // Newer versions exit with 2 after a recoverable problem, such as a deprecated key.
  if (/^status: done\b/m.test(result.stdout)) return;
  const console = await getConsole(guest.cloud, guest.serverId).catch(() => '');
  const failure = findGuestFailure(console, context.owner.buildId);
  if (failure === undefined) throw new CloudInitFailError(`cloud-init failed: ${describeResult(result)}`);
  const lines = failure.lastLines.map((line) => `\n  ${line}`).join('');
  throw new CloudInitFailError(
    `part ${failure.part} of the guest failed with exit code ${failure.exitCode}${lines}`,
  );
}

/** Returns the time that the installation of each part took. */
export async function reportParts(
  guest: Pick<Guest, 'session'>,
  limits: CommandLimits,
): Promise<readonly PartSeconds[]> {
  const result = await runInGuest(guest, { command: PARTS_REPORT_COMMAND }, limits);
  if (result.exitCode !== 0)
    throw new CloudInitFailError(`the guest's report of its parts failed: ${describeResult(result)}`);
  return parsePartsReport(result.stdout);
}

/** Checks every part of the guest. Throws GuestCheckError with all problems. */
export async function checkGuest(
  guest: Pick<Guest, 'session' | 'parts'>,
  limits: CommandLimits,
): Promise<void> {
  const checks = { command: CHECKS_COMMAND, stdin: renderChecks(guest.parts) };
  const { stdout } = await runInGuest(guest, checks, limits);
  const problems = findFailedChecks(stdout, guest.parts);
  if (problems.length > 0)
    throw new GuestCheckError(`the checks of the guest failed: ${problems.join('; ')}`);
}

/** Removes everything from the guest that an image must not contain. Only the stop of the server may follow. */
export async function cleanUpGuest(guest: Pick<Guest, 'session'>, limits: CommandLimits): Promise<void> {
  const cleanUp = { command: CLEAN_UP_COMMAND, stdin: renderCleanUp() };
  const result = await runInGuest(guest, cleanUp, limits);
  if (result.stdout.trimEnd().endsWith('clean-up done')) return;
  throw new GuestCheckError(`the clean-up of the guest did not finish: ${describeResult(result)}`);
}

/** Runs a command in the guest within its time-out. Throws DeadlineError, which names the option of the time-out. */
export async function runInGuest(
  { session }: Pick<Guest, 'session'>,
  { timeout = 'commandTimeout', ...command }: GuestCommand,
  { timeouts, signal }: CommandLimits,
): Promise<SshResult> {
  const timeoutMs = timeouts[timeout] * 1000;
  try {
    return await session.run({ ...command, timeoutMs, signal });
  } catch (cause) {
    if (!(cause instanceof SshTimeoutError)) throw cause;
    throw new DeadlineError(`${cause.message}; ${timeoutOption(timeout)} sets the limit`, { cause });
  }
}

/** Describes a command's exit code and the end of its output, for an error. */
export function describeResult({ exitCode, stdout, stderr }: SshResult): string {
  const output = `${stdout}\n${stderr}`.trim().split('\n').slice(-10).join('\n  ');
  return `exit code ${exitCode}${output === '' ? '' : `\n  ${output}`}`;
}
