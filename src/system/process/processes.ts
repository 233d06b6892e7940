import { readFile, readdir, readlink } from 'node:fs/promises';
import { execPath, getuid, kill, uptime } from 'node:process';
import { errorCodeOf } from '../error-code.ts';
import { type ProcessIdentity, findProcessState, readOwnProcessIdentity } from './process-identity.ts';

/** A running process. */
export interface RunningProcess {
  readonly pid: number;
  /** The command line; never empty. */
  readonly args: readonly string[];
}

/** The length of a clock tick: USER_HZ is 100 on every architecture that Ubuntu supports. */
const MS_PER_TICK = 10;

/** Returns the path of the Node binary that runs this process. */
export function nodePath(): string {
  return execPath;
}

/** Lists all visible processes. Zombies have no command line and are left out. */
export async function listProcesses(): Promise<readonly RunningProcess[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const line = await orUndefined(readFile(`/proc/${pid}/cmdline`, 'utf8'));
      if (line === undefined || line === '') return [];
      return [{ pid: Number(pid), args: line.replace(/\0$/, '').split('\0') }];
    }),
  );
  return found.flat();
}

/**
 * Reports whether a process was started by our own user and has no other user's rights: a set-user-ID program of ours
 * that another user starts with any arguments does not count.
 */
export async function isOwnUser(pid: number): Promise<boolean> {
  const status = (await orUndefined(readFile(`/proc/${pid}/status`, 'utf8'))) ?? '';
  const [, ids = ''] = /^Uid:\t(.+)$/m.exec(status) ?? [];
  return ids !== '' && ids.split(/\s+/).every((id) => Number(id) === getuid?.());
}

/** Returns a process's program and working folder, with links resolved. */
export async function listProcessPaths(pid: number): Promise<readonly string[]> {
  const links = ['exe', 'cwd'].map((name) => orUndefined(readlink(`/proc/${pid}/${name}`)));
  return (await Promise.all(links)).filter((place) => place !== undefined);
}

/** Returns the age of a process in milliseconds, from the kernel's tick count: the wall clock may have been changed. */
export function ageMsOf(process: ProcessIdentity): number {
  const own = readOwnProcessIdentity();
  const ticksEarlier = Number(own.startedAt) - Number(process.startedAt);
  return Math.max(0, ticksEarlier * MS_PER_TICK + uptime() * 1000);
}

/** Returns the start of a process in epoch milliseconds, according to the current wall clock. */
export function startTimeOf(process: ProcessIdentity): number {
  return Math.round(Date.now() - ageMsOf(process));
}

/** Sends a signal to exactly this process. Returns false when it has ended, even if another process has its pid now. */
export function signalProcess(process: ProcessIdentity, signal: 'SIGTERM' | 'SIGKILL'): boolean {
  if (findProcessState(process) !== 'alive') return false;
  try {
    return kill(process.pid, signal);
  } catch (error) {
    if (errorCodeOf(error) === 'ESRCH') return false;
    throw error;
  }
}

/** Returns undefined when the process has ended or belongs to another user. */
async function orUndefined<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    const code = errorCodeOf(error) ?? '';
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(code)) return undefined;
    throw error;
  }
}
