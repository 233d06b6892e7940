import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { sendSignal } from './service-process.ts';

const MAX_ATTEMPTS = 100;

/**
 * Kills every process that refers to one of these folders in its command line,
 * environment, program, cwd or output.
 */
export async function killProcessesOf(folders: readonly string[]): Promise<void> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const pids = listProcessesOf(folders);
    if (pids.length === 0) return;
    for (const pid of pids) sendSignal(pid, 'SIGKILL');
    await sleep(10);
  }
  throw new Error(`processes ${listProcessesOf(folders).join(', ')} did not end after SIGKILL`);
}

export interface ProcessView {
  readonly pid: number;
  readonly command: string;
}

/** Returns the processes that refer to one of these folders, with their command lines. */
export function viewProcessesOf(folders: readonly string[]): readonly ProcessView[] {
  return listProcessesOf(folders).map((pid) => {
    const command = readOrEmpty(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
      .replaceAll('\0', ' ')
      .trim();
    return { pid, command };
  });
}

/** Returns the processes that refer to one of these folders, without this process and without zombies. */
export function listProcessesOf(folders: readonly string[]): readonly number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => pid !== process.pid && refersTo(pid, folders));
}

function refersTo(pid: number, folders: readonly string[]): boolean {
  const texts = [
    readOrEmpty(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')),
    readOrEmpty(() => readFileSync(`/proc/${pid}/environ`, 'utf8')),
    ...['cwd', 'exe', 'fd/1', 'fd/2'].map((link) =>
      readOrEmpty(() => `${readlinkSync(`/proc/${pid}/${link}`)}/`),
    ),
  ];
  return texts.some((text) => folders.some((folder) => text.includes(folder)));
}

/** Returns the empty string when the read fails: the process has ended, is a zombie, or belongs to another user. */
function readOrEmpty(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
