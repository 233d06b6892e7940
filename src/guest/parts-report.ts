import { CloudInitFailError } from '../model/errors.ts';
import type { PartSeconds } from '../model/program-result-common.ts';
import { STATE_FOLDER } from './places.ts';

/** Prints how long each part took at first boot; run over SSH by the user ubuntu. */
export const PARTS_REPORT_COMMAND = `sudo -n cat ${STATE_FOLDER}/parts`;

/** The seconds of each part, out of what PARTS_REPORT_COMMAND printed. */
export function parsePartsReport(text: string): readonly PartSeconds[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (lines.length === 0) throw new CloudInitFailError('the guest reported no part: its first boot did none');
  return lines.map(parseLine);
}

function parseLine(line: string): PartSeconds {
  const [, name, seconds] = /^([a-z0-9-]+) (\d+)$/.exec(line.trim()) ?? [];
  if (name === undefined) {
    throw new CloudInitFailError(
      `the guest's report of its parts has the line ${JSON.stringify(line)}, not a name and seconds`,
    );
  }
  return { name, seconds: Number(seconds) };
}
