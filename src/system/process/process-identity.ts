import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { pid as ownPid, kill } from 'node:process';
import { errorCodeOf } from '../error-code.ts';

/** Identifies one process among all that ever ran on any host. */
export interface ProcessIdentity {
  /** 16 hex digits derived from the machine id, the boot id and the pid namespace. */
  readonly host: string;
  readonly pid: number;
  /** The clock ticks from boot to the start of the process. A pid alone can be reused. */
  readonly startedAt: string;
}

/** `elsewhere`: the process belongs to another host, boot or pid namespace, or is hidden from us; its state is unknown. */
export type ProcessState = 'alive' | 'dead' | 'elsewhere';

/** PID_MAX_LIMIT of Linux. */
const HIGHEST_PID = 2 ** 22;

/** Returns the identity of this process. */
export function readOwnProcessIdentity(): ProcessIdentity {
  const stat = parseStat(readFileSync('/proc/self/stat', 'utf8'));
  return { host: readHost(), pid: ownPid, startedAt: stat.startedAt };
}

/** Returns the identity of the process that has `pid` now, or undefined when no visible process has it. */
export function findProcessIdentity(pid: number): ProcessIdentity | undefined {
  const text = readOrMissing(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  return text === undefined ? undefined : { host: readHost(), pid, startedAt: parseStat(text).startedAt };
}

/** Encodes an identity as `host.pid.startedAt`. */
export function encodeProcessIdentity(id: ProcessIdentity): string {
  return `${id.host}.${id.pid}.${id.startedAt}`;
}

/** Decodes the output of `encodeProcessIdentity`; returns undefined for any other text. */
export function parseProcessIdentity(text: string): ProcessIdentity | undefined {
  const [, host, digits, startedAt] = /^([0-9a-f]{16})\.([1-9]\d{0,6})\.(\d{1,20})$/.exec(text) ?? [];
  const pid = Number(digits);
  if (host === undefined || startedAt === undefined || pid > HIGHEST_PID) return undefined;
  return { host, pid, startedAt };
}

/** Returns the state of a process. A zombie is dead. */
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

/** Parses /proc/<pid>/stat. Fields are counted after the last `)`: the name may hold spaces and parentheses itself. */
function parseStat(text: string): { readonly state: string; readonly startedAt: string } {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, startedAt] = [fields[0], fields[19]]; // fields 3 and 22 of proc(5)
  if (state === undefined || startedAt === undefined)
    throw new Error('/proc/<pid>/stat has an unexpected format');
  return { state, startedAt };
}

/** Finds processes that hidepid removes from /proc: they still accept signals or refuse them with EPERM. */
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
    if (code === 'ENOENT' || code === 'ESRCH') return undefined; // ESRCH: the process ended during the read
    throw error;
  }
}
