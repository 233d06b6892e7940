import { constants } from 'node:os';
import { CHECKS_COMMAND, findFailedChecks, renderChecks } from '../../../guest/checks.ts';
import { CLEAN_UP_COMMAND, findTrimFailure, renderCleanUp } from '../../../guest/clean-up.ts';
import type { GuestPart } from '../../../guest/guest-part.ts';
import { CloudInitFailError, DeadlineError, GuestCheckError } from '../../../model/errors.ts';
import { type Timeouts, timeoutOption } from '../../../model/job/timeouts.ts';
import type { Cloud } from '../../../openstack/cloud.ts';
import { SshTimeoutError } from '../../../system/ssh/ssh-errors.ts';
import type { SshResult, SshSession } from '../../../system/ssh/ssh.ts';
import type { Recorder, RunSettings } from '../../context.ts';
import type { WaitWatch } from '../../wait-on.ts';

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
  /** The time that is left of the time-out. Default: all of it. */
  readonly timeoutMs?: number;
  /** Receives standard output and standard error as they arrive. */
  readonly onOutput?: (text: string) => void;
}

/** The limits of a command in the guest. */
export type CommandLimits = Pick<RunSettings, 'timeouts' | 'signal' | 'clock'> & WaitWatch;

/** Waits until cloud-init has finished. Throws CloudInitFailError. */
export async function waitForCloudInit(guest: Pick<Guest, 'session'>, limits: CommandLimits): Promise<void> {
  const wait = { command: 'cloud-init status --wait', timeout: 'cloudInitTimeout' } as const;
  const result = await runInGuest(guest, wait, limits);
  // Newer versions exit with 2 after a recoverable problem, such as a deprecated key.
  if (/^status: done\b/m.test(result.stdout)) return;
  throw new CloudInitFailError(`cloud-init failed: ${describeResult(result)}`);
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
export async function cleanUpGuest(
  guest: Pick<Guest, 'session' | 'parts'>,
  context: CommandLimits & Pick<Recorder, 'report'>,
): Promise<void> {
  const cleanUp = { command: CLEAN_UP_COMMAND, stdin: renderCleanUp(guest.parts) };
  const result = await runInGuest(guest, cleanUp, context);
  if (!result.stdout.trimEnd().endsWith('clean-up done'))
    throw new GuestCheckError(`the clean-up of the guest did not finish: ${describeResult(result)}`);
  const reason = findTrimFailure(result.stdout);
  if (reason === undefined) return;
  const text = `the image also stores blocks of deleted files, because the disk was not trimmed: ${reason}`;
  context.report({ kind: 'note', step: 'clean up guest', text });
}

/** Runs a command in the guest within its time-out. Throws DeadlineError, which names the option of the time-out. */
export async function runInGuest(
  { session }: Pick<Guest, 'session'>,
  { timeout = 'commandTimeout', ...command }: GuestCommand,
  { timeouts, signal, clock, onWait }: CommandLimits,
): Promise<SshResult> {
  const { timeoutMs = timeouts[timeout] * 1000 } = command;
  const endsAt = clock.now() + timeoutMs;
  onWait?.(() => ({ seen: '', leftMs: endsAt - clock.now() }));
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

/** Describes the end of a script: its exit code, or the signal that ended it, as far as the shell knows it. */
export function describeEnd({ exitCode, signal }: SshResult): string {
  if (signal !== undefined) return `it was ended by ${signal}`;
  const numbers = Object.entries(constants.signals);
  const name = numbers.find(([, number]) => number === exitCode - 128)?.[0];
  return `it exited with code ${exitCode}${name === undefined ? '' : `, which stands for ${name}`}`;
}
