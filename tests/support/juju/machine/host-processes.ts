import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { sendSignal } from './service-process.ts';

const MOST_ROUNDS = 100;

/**
 * Ends every process that any of these folders belongs to: by its command line,
 * environment, program, cwd or output.
 */
export async function killProcessesOf(folders: readonly string[]): Promise<void> {
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const pids = listProcessesOf(folders);
    if (pids.length === 0) return;
    for (const pid of pids) sendSignal(pid, 'SIGKILL');
    await sleep(10);
  }
  throw new Error(`processes ${listProcessesOf(folders).join(', ')} do not end`);
}

export interface ProcessView {
  readonly pid: number;
  readonly command: string;
}

/** The same, with their command lines. */
export function viewProcessesOf(folders: readonly string[]): readonly ProcessView[] {
  return listProcessesOf(folders).map((pid) => {
    const command = readOr(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
      .replaceAll('\0', ' ')
      .trim();
    return { pid, command };
  });
}

/** Those processes, without ourselves and without zombies. */
export function listProcessesOf(folders: readonly string[]): readonly number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => pid !== process.pid && belongs(pid, folders));
}

function belongs(pid: number, folders: readonly string[]): boolean {
  const told = [
    readOr(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')),
    readOr(() => readFileSync(`/proc/${pid}/environ`, 'utf8')),
    ...['cwd', 'exe', 'fd/1', 'fd/2'].map((link) => readOr(() => `${readlinkSync(`/proc/${pid}/${link}`)}/`)),
  ];
  return told.some((text) => folders.some((folder) => text.includes(folder)));
}

/** It may have ended meanwhile, or be another user's; a zombie has none of these. */
function readOr(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
