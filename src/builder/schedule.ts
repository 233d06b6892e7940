import { rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { InputError } from '../model/errors.ts';
import { type BuildSchedule, parseSchedule } from '../model/schedule.ts';
import { readTextFile, writeFileAtomic } from '../system/files/text-file.ts';
import { ensureFolder } from '../system/files/folders.ts';
import type { Host } from './tools.ts';

/**
 * Schedules a build of the unit every `interval` hours. Returns whether anything changed on the host. Also removes the
 * unit from the crontab of the Python charm, which would otherwise continue to run its hooks.
 */
export async function configureCron(
  unitName: string,
  interval: number,
  { paths }: Pick<Host, 'paths'>,
): Promise<boolean> {
  if (!Number.isSafeInteger(interval) || interval < 1) {
    throw new InputError([`build interval: expected a whole number of hours from 1 on, got ${interval}`]);
  }
  const isWritten = await writeSchedule({ unit: unitName, intervalHours: interval }, paths.schedule);
  const isRemoved = await removeFromFormerCrontab(unitName, paths.formerCrontab);
  return isWritten || isRemoved;
}

async function writeSchedule(wanted: BuildSchedule, path: string): Promise<boolean> {
  const before = findSchedule(await readTextFile(path));
  if (before?.unit === wanted.unit && before.intervalHours === wanted.intervalHours) return false;
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

async function removeFromFormerCrontab(unitName: string, path: string): Promise<boolean> {
  const text = await readTextFile(path);
  if (text === undefined) return false;
  const lines = text.split('\n');
  const others = lines.filter((line) => !runsHookOf(line, unitName));
  if (others.length === lines.length) return false;
  if (others.every((line) => /^\s*(#.*)?$/.test(line))) await rm(path, { force: true });
  else await writeFileAtomic(path, others.join('\n'), (await stat(path)).mode & 0o777);
  return true;
}

/** Reports whether a line of the crontab calls juju-exec for exactly this unit. */
function runsHookOf(line: string, unitName: string): boolean {
  return /\bjuju-exec\b/.test(line) && line.split(/[^\w/-]+/).includes(unitName);
}
