import { readFile, readdir, readlink } from 'node:fs/promises';
import { execPath, getuid, kill, uptime } from 'node:process';
import { errorCodeOf } from './error-code.ts';
import { type ProcessIdentity, findProcessState, readOwnProcessIdentity } from './process-id.ts';

/** A process that runs now. */
export interface RunningProcess {
  readonly pid: number;
  /** Its command line; never empty. */
  readonly args: readonly string[];
}

/** USER_HZ, which is 100 on every architecture that Ubuntu has. */
const MS_PER_TICK = 10;

/** The Node that runs us. */
export function ownNode(): string {
  return execPath;
}

/** All processes that we may see. A zombie has no command line any more and is not among them. */
export async function listProcesses(): Promise<readonly RunningProcess[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const seen = await Promise.all(
    pids.map(async (pid) => {
      const line = await orNothing(readFile(`/proc/${pid}/cmdline`, 'utf8'));
      if (line === undefined || line === '') return [];
      return [{ pid: Number(pid), args: line.replace(/\0$/, '').split('\0') }];
    }),
  );
  return seen.flat();
}

/**
 * Reports whether a process was started by our own user and has no other user's rights: a set-user-ID program of ours
 * that another user starts with any arguments does not count.
 */
export async function isOwnUser(pid: number): Promise<boolean> {
  const status = (await orNothing(readFile(`/proc/${pid}/status`, 'utf8'))) ?? '';
  const [, ids = ''] = /^Uid:\s+(.+)$/m.exec(status) ?? [];
  return ids !== '' && ids.split(/\s+/).every((id) => Number(id) === getuid?.());
}

/** The files that tell from where a process runs: its program and its working folder, links resolved. */
export async function listPlacesOf(pid: number): Promise<readonly string[]> {
  const links = ['exe', 'cwd'].map((name) => orNothing(readlink(`/proc/${pid}/${name}`)));
  return (await Promise.all(links)).filter((place) => place !== undefined);
}

/** For how long a process runs; told by the kernel's own count, whatever became of the wall clock. */
export function ageMsOf(process: ProcessIdentity): number {
  const own = readOwnProcessIdentity();
  const ticksEarlier = Number(own.startedAt) - Number(process.startedAt);
  return Math.max(0, ticksEarlier * MS_PER_TICK + uptime() * 1000);
}

/** When a process was started, by the wall clock as it is now; epoch milliseconds. */
export function startTimeOf(process: ProcessIdentity): number {
  return Math.round(Date.now() - ageMsOf(process));
}

/** Sends a signal to exactly this process; one that has ended has, and another one with its pid gets none. */
export function signalProcess(process: ProcessIdentity, signal: 'SIGTERM' | 'SIGKILL'): boolean {
  if (findProcessState(process) !== 'alive') return false;
  try {
    return kill(process.pid, signal);
  } catch (error) {
    if (errorCodeOf(error) === 'ESRCH') return false;
    throw error;
  }
}

/** `undefined` when it ended while we looked, or is another user's. */
async function orNothing<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    const code = errorCodeOf(error) ?? '';
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(code)) return undefined;
    throw error;
  }
}
