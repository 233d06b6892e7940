import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorCodeOf } from '../../../../src/system/error-code.ts';
import type { ServiceUnit } from './unit-file.ts';

/** The PATH that systemd sets for services. */
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin';

export interface ServiceProcess {
  readonly pid: number | undefined;
  /** Resolves with `clean` after exit code 0 or a termination signal such as SIGTERM. */
  readonly ended: Promise<'clean' | 'unclean'>;
}

/** Starts the program with only the environment of systemd and of its unit file; its output goes to the journal. */
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

/** Stops the process according to its unit file. Returns `killed` when it needed SIGKILL. */
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
  if (killMode !== 'process') sendSignal(-pid, 'SIGKILL'); // the rest of its process group
  if (outcome !== 'timeout') return 'stopped';
  sendSignal(pid, 'SIGKILL');
  await ended;
  return 'killed';
}

/** Sends a signal to a process, or to a process group when `pid` is negative. Ignores a process that has ended. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (errorCodeOf(error) !== 'ESRCH') throw error;
  }
}
