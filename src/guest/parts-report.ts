import { CloudInitFailError } from '../model/errors.ts';
import type { PartSeconds } from '../model/program-result-common.ts';
import { STATE_FOLDER } from './paths.ts';

/** The command that prints the install time of each part, run over SSH as the user ubuntu. */
export const PARTS_REPORT_COMMAND = `sudo -n cat ${STATE_FOLDER}/parts`;

/** Parses the output of PARTS_REPORT_COMMAND. Throws CloudInitFailError when it is empty or malformed. */
export function parsePartsReport(text: string): readonly PartSeconds[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (lines.length === 0)
    throw new CloudInitFailError("the guest's report of its parts is empty: the first boot installed none");
  return lines.map(parseLine);
}

function parseLine(line: string): PartSeconds {
  const [, name, seconds] = /^([a-z0-9-]+) (\d+)$/.exec(line.trim()) ?? [];
  if (name === undefined) {
    throw new CloudInitFailError(
      `the guest's report of its parts: expected a name and seconds in each line, got ${JSON.stringify(line)}`,
    );
  }
  return { name, seconds: Number(seconds) };
}
