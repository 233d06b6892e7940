import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { InputError } from '../model/errors.ts';
import { type BuildSchedule, parseSchedule } from '../model/unit/schedule.ts';
import { readTextFile, writeFileAtomic } from '../system/files/text-file.ts';
import { ensureFolder } from '../system/files/folders.ts';
import type { Host } from './tools.ts';

/** The times and the window of scheduled builds. */
export type ScheduleLimits = Pick<BuildSchedule, 'times' | 'window'>;

/**
 * Schedules a build of the unit every `interval` hours, or at the times of `limits`. Returns whether anything changed on
 * the host.
 */
export async function configureCron(
  unitName: string,
  interval: number,
  { paths }: Pick<Host, 'paths'>,
  limits: ScheduleLimits = {},
): Promise<boolean> {
  if (!Number.isSafeInteger(interval) || interval < 1) {
    throw new InputError([`build interval: expected a whole number of hours from 1 on, got ${interval}`]);
  }
  const { times, window } = limits;
  return writeSchedule({ unit: unitName, intervalHours: interval, times, window }, paths.schedule);
}

async function writeSchedule(wanted: BuildSchedule, path: string): Promise<boolean> {
  const before = findSchedule(await readTextFile(path));
  if (isDeepStrictEqual(before, parseSchedule(JSON.stringify(wanted)))) return false;
  await ensureFolder(dirname(path), 0o700);
  await writeFileAtomic(path, `${JSON.stringify(wanted)}\n`, 0o600);
  return true;
}

function findSchedule(text: string | undefined): BuildSchedule | undefined {
  if (text === undefined) return undefined;
  try {
    return parseSchedule(text);
  } catch (error) {
    if (error instanceof InputError) return undefined; // a corrupt file is written again
    throw error;
  }
}
