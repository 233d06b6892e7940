import { execFile } from 'node:child_process';
import { chmod, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The cost of one run of a program, including its children. */
export interface Metered {
  readonly seconds: number;
  readonly peakRssMiB: number;
}

const METER = join(import.meta.dirname, 'meter.pl');
const PERL = '/usr/bin/perl';

/** Runs a program under the meter. Throws when the program fails. */
export async function meterProgram(program: readonly string[], result: string): Promise<Metered> {
  await promisify(execFile)(PERL, [METER, result, ...program]);
  return readMeter(result);
}

/** Replaces the dispatch of the charm in `charmDir` with a script that runs it under the meter. */
export async function meterCharm(charmDir: string, result: string): Promise<void> {
  const dispatch = join(charmDir, 'dispatch');
  await rename(dispatch, `${dispatch}-metered`);
  await writeFile(dispatch, `#!/bin/sh\nexec ${PERL} '${METER}' '${result}' ./dispatch-metered\n`);
  await chmod(dispatch, 0o755);
}

/** Reads the last result of the meter. */
export async function readMeter(result: string): Promise<Metered> {
  const [seconds, peakKiB] = (await readFile(result, 'utf8')).split(' ').map(Number);
  if (seconds === undefined || peakKiB === undefined) throw new Error(`${result}: expected two numbers`);
  return { seconds, peakRssMiB: peakKiB / 1024 };
}
