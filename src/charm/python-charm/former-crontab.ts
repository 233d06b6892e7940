import { rm, stat } from 'node:fs/promises';
import { readTextFile, writeFileAtomic } from '../../system/files/text-file.ts';

/** Returns the lines of the Python charm's crontab that run hooks of exactly this unit. */
export async function listCronLines(unit: string, path: string): Promise<readonly string[]> {
  const text = (await readTextFile(path)) ?? '';
  return text.split('\n').filter((line) => runsHookOf(line, unit));
}

/** Removes the lines of this unit from the crontab, and the file when it contains nothing else. */
export async function removeCronLines(unit: string, path: string): Promise<void> {
  const text = (await readTextFile(path)) ?? '';
  const lines = text.split('\n');
  const others = lines.filter((line) => !runsHookOf(line, unit));
  if (others.length === lines.length) return;
  if (others.every((line) => /^\s*(#.*)?$/.test(line))) await rm(path, { force: true });
  else await writeFileAtomic(path, others.join('\n'), (await stat(path)).mode & 0o777);
}

/** Reports whether a line calls juju-exec for exactly this unit. */
function runsHookOf(line: string, unit: string): boolean {
  return /\bjuju-exec\b/.test(line) && line.split(/[^\w/-]+/).includes(unit);
}

/**
 * Reports whether the Python charm that wrote a line installs its program again after a refresh. It has done so since the
 * crontab runs `run-one` as root.
 */
export function isOfReinstallingCharm(line: string): boolean {
  return /\sroot\s+\/usr\/bin\/run-one\s/.test(line);
}
