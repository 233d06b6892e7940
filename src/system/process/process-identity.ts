import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { pid as ownPid, kill } from 'node:process';
import { errorCodeOf } from '../error-code.ts';

/** Identifies one process among all that ever ran on any machine. */
export interface ProcessIdentity {
  /** 16 hex digits that name the machine over reboots; undefined when nothing names this machine and no other. */
  readonly machine: string | undefined;
  /** 16 hex digits derived from the boot id and the pid namespace; without a machine also from /etc/machine-id. */
  readonly boot: string;
  readonly pid: number;
  /** The clock ticks from boot to the start of the process. A pid alone can be reused. */
  readonly startedAt: string;
}

/** The facts that distinguish machines, boots and pid namespaces. */
export interface Place {
  /** 16 hex digits; undefined when nothing names this machine and no other. */
  readonly machine: string | undefined;
  /** The content of /etc/machine-id. It can be empty or the same on several machines, so it never proves a death. */
  readonly machineId: string;
  readonly bootId: string;
  readonly pidNamespace: string;
}

/** `elsewhere`: the process may run on another machine or in another boot, or is hidden from us; its state is unknown. */
export type ProcessState = 'alive' | 'dead' | 'elsewhere';

/** PID_MAX_LIMIT of Linux. */
const HIGHEST_PID = 2 ** 22;

/** Reads the facts of this boot. `machine` is a text that survives reboots and that no other machine has; empty: none. */
export function readPlace(machine = ''): Place {
  return {
    machine: machine === '' ? undefined : digest([machine]),
    machineId: readOrMissing(() => readFileSync('/etc/machine-id', 'utf8')) ?? '',
    bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'),
    pidNamespace: readlinkSync('/proc/self/ns/pid'),
  };
}

/** Returns the identity of this process. */
export function readOwnProcessIdentity(place: Place = readPlace()): ProcessIdentity {
  const { startedAt } = parseStat(readFileSync('/proc/self/stat', 'utf8'));
  return { ...identifyBoot(place), pid: ownPid, startedAt };
}

/** Returns the identity of the process that has `pid` now, or undefined when no visible process has it. */
export function findProcessIdentity(pid: number): ProcessIdentity | undefined {
  const text = readOrMissing(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  if (text === undefined) return undefined;
  return { ...identifyBoot(readPlace()), pid, startedAt: parseStat(text).startedAt };
}

/** Encodes an identity as `machine.boot.pid.startedAt`, without a machine as `boot.pid.startedAt` like 0.1.0. */
export function encodeProcessIdentity({ machine, boot, pid, startedAt }: ProcessIdentity): string {
  return [...(machine === undefined ? [] : [machine]), boot, pid, startedAt].join('.');
}

/** Decodes the output of `encodeProcessIdentity`; returns undefined for any other text. */
export function parseProcessIdentity(text: string): ProcessIdentity | undefined {
  const form = /^(?:([0-9a-f]{16})\.)?([0-9a-f]{16})\.([1-9]\d{0,6})\.(\d{1,20})$/;
  const [, machine, boot, digits, startedAt] = form.exec(text) ?? [];
  const pid = Number(digits);
  if (boot === undefined || startedAt === undefined || pid > HIGHEST_PID) return undefined;
  return { machine, boot, pid, startedAt };
}

/** Returns the state of a process as seen from `place`. A zombie is dead, and so is a process of an earlier boot. */
export function findProcessState(id: ProcessIdentity, place: Place = readPlace()): ProcessState {
  if (id.boot !== identifyBoot({ ...place, machine: id.machine }).boot) {
    return id.machine !== undefined && id.machine === place.machine ? 'dead' : 'elsewhere';
  }
  const text = readOrMissing(() => readFileSync(`/proc/${id.pid}/stat`, 'utf8'));
  if (text === undefined) return isHidden(id.pid) ? 'elsewhere' : 'dead';
  const { state, startedAt } = parseStat(text);
  return state !== 'Z' && state !== 'X' && startedAt === id.startedAt ? 'alive' : 'dead';
}

/** A known machine leaves /etc/machine-id out: somebody may change it while a process runs. */
function identifyBoot({
  machine,
  machineId,
  bootId,
  pidNamespace,
}: Place): Pick<ProcessIdentity, 'machine' | 'boot'> {
  const facts = machine === undefined ? [machineId, bootId, pidNamespace] : [bootId, pidNamespace];
  return { machine, boot: digest(facts) };
}

function digest(facts: readonly string[]): string {
  return createHash('sha256').update(facts.join('\n')).digest('hex').slice(0, 16);
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
