import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorCodeOf } from '../../../../src/system/error-code.ts';
import type { ServiceUnit } from './unit-file.ts';

/** systemd's own. */
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin';

export interface ServiceProcess {
  readonly pid: number | undefined;
  /** Whether it ended as a service should: with 0, or by a signal that asks for the end. */
  readonly ended: Promise<'clean' | 'unclean'>;
}

/** Starts the program with systemd's and its unit file's environment and nothing else; its output goes to the journal. */
export function startService(
  unit: ServiceUnit,
  {
    journal,
    environment,
  }: { readonly journal: string; readonly environment: Readonly<Record<string, string>> },
): ServiceProcess {
  mkdirSync(dirname(journal), { recursive: true });
  const log = openSync(journal, 'a');
  const before = process.umask(unit.umask);
  try {
    const [file = '', ...args] = unit.execStart;
    const child = spawn(file, args, {
      cwd: unit.workingDirectory,
      env: { PATH: DEFAULT_PATH, ...environment, ...unit.environment },
      stdio: ['ignore', log, log],
      detached: true,
    });
    return { pid: child.pid, ended: waitForEnd(child, journal) };
  } finally {
    process.umask(before);
    closeSync(log);
  }
}

async function waitForEnd(child: ChildProcess, journal: string): Promise<'clean' | 'unclean'> {
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    return code === 0 || ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGPIPE'].includes(signal ?? '')
      ? 'clean'
      : 'unclean';
  } catch (error) {
    const log = openSync(journal, 'a');
    writeSync(log, `Failed to execute: ${String(error)}\n`);
    closeSync(log);
    return 'unclean';
  }
}

/** Ends it as its unit file says; tells whether it needed SIGKILL. */
export async function stopProcess(
  unit: ServiceUnit,
  { pid, ended }: ServiceProcess,
): Promise<'stopped' | 'killed'> {
  if (pid === undefined) return 'stopped';
  const { killMode, stopTimeoutMs } = unit;
  sendSignal(killMode === 'control-group' ? -pid : pid, 'SIGTERM');
  const timer = new AbortController();
  const timeout = sleep(stopTimeoutMs, 'timeout' as const, { signal: timer.signal, ref: false });
  const outcome = await Promise.race([ended, timeout.catch(() => 'clean' as const)]);
  timer.abort();
  if (killMode !== 'process') sendSignal(-pid, 'SIGKILL'); // what is left of it
  if (outcome !== 'timeout') return 'stopped';
  sendSignal(pid, 'SIGKILL');
  await ended;
  return 'killed';
}

/** Sends a signal to a process, or to the group `-pid`; one that has ended does not mind. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (errorCodeOf(error) !== 'ESRCH') throw error;
  }
}
