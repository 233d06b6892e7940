import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { pid as ownPid, kill } from 'node:process';
import { errorCodeOf } from './error-code.ts';

/** Which process it is, among all that ever ran on any host. */
export interface ProcessIdentity {
  /** 16 hex digits that stand for the host, its boot and the pid namespace. */
  readonly host: string;
  readonly pid: number;
  /** Clock ticks from boot to the process's start: a pid alone is used again. */
  readonly startedAt: string;
}

/** `elsewhere`: on another host, in another boot or pid namespace, or hidden from us; it cannot be told. */
export type ProcessState = 'alive' | 'dead' | 'elsewhere';

/** Linux's PID_MAX_LIMIT. */
const HIGHEST_PID = 2 ** 22;

/** The identity of the process that asks. */
export function readOwnProcessIdentity(): ProcessIdentity {
  const stat = parseStat(readFileSync('/proc/self/stat', 'utf8'));
  return { host: readHost(), pid: ownPid, startedAt: stat.startedAt };
}

/** The identity of the process that has `pid` now; `undefined` when none runs that we may see. */
export function findProcessIdentity(pid: number): ProcessIdentity | undefined {
  const text = readOrMissing(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  return text === undefined ? undefined : { host: readHost(), pid, startedAt: parseStat(text).startedAt };
}

/** The one-word form, `host.pid.startedAt`. */
export function encodeProcessIdentity(id: ProcessIdentity): string {
  return `${id.host}.${id.pid}.${id.startedAt}`;
}

/** What `encodeProcessIdentity` wrote; `undefined` for any other text. */
export function parseProcessIdentity(text: string): ProcessIdentity | undefined {
  const [, host, digits, startedAt] = /^([0-9a-f]{16})\.([1-9]\d{0,6})\.(\d{1,20})$/.exec(text) ?? [];
  const pid = Number(digits);
  if (host === undefined || startedAt === undefined || pid > HIGHEST_PID) return undefined;
  return { host, pid, startedAt };
}

/** Whether that process still runs; a zombie does not. */
export function findProcessState(id: ProcessIdentity): ProcessState {
  if (id.host !== readHost()) return 'elsewhere';
  const text = readOrMissing(() => readFileSync(`/proc/${id.pid}/stat`, 'utf8'));
  if (text === undefined) return isHidden(id.pid) ? 'elsewhere' : 'dead';
  const { state, startedAt } = parseStat(text);
  return state !== 'Z' && state !== 'X' && startedAt === id.startedAt ? 'alive' : 'dead';
}

function readHost(): string {
  const parts = [
    readOrMissing(() => readFileSync('/etc/machine-id', 'utf8')) ?? '',
    readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'),
    readlinkSync('/proc/self/ns/pid'),
  ];
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16);
}

/** The name, in parentheses, may itself hold spaces and parentheses: the fields are counted after the last one. */
function parseStat(text: string): { readonly state: string; readonly startedAt: string } {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, startedAt] = [fields[0], fields[19]]; // fields 3 and 22 of proc(5)
  if (state === undefined || startedAt === undefined) throw new Error('unexpected form of /proc/<pid>/stat');
  return { state, startedAt };
}

/** Under hidepid another user's process has no folder in /proc, but still takes signals, or refuses them. */
function isHidden(pid: number): boolean {
  try {
    return kill(pid, 0);
  } catch (error) {
    return errorCodeOf(error) === 'EPERM';
  }
}

function readOrMissing(read: () => string): string | undefined {
  try {
    return read();
  } catch (error) {
    const code = errorCodeOf(error);
    if (code === 'ENOENT' || code === 'ESRCH') return undefined; // ESRCH: it ended while we read
    throw error;
  }
}
