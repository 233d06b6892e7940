import { join } from 'node:path';
import {
  type Decoded,
  decode,
  fields,
  flag,
  integer,
  list,
  oneOf,
  usableList,
  uuid,
} from '../../model/decode.ts';
import { InputError } from '../../model/errors.ts';
import { parseJsonText } from '../../model/text/json-text.ts';
import type { UnitPaths } from '../../model/unit/unit-paths.ts';
import { readTextFile, writeFileAtomic } from '../../system/files/text-file.ts';

/** The takeover of a unit from the Python charm. */
export type TakeOver = Decoded<typeof takeOver>;

const takeOver = fields({
  format: oneOf([1]),
  /** Reports whether the Python charm installs its program and key again when the unit is refreshed back to it. */
  doesReinstall: flag,
  /** The images that each relation published at the takeover. The databag does not contain their ids later. */
  published: list(fields({ relationId: integer, imageIds: usableList(uuid) })),
  /** Reports whether the traces that can be removed are removed. */
  isDone: flag,
  /** The number of attempts to remove the traces that failed. */
  failures: integer,
});

function pathOf({ state }: UnitPaths): string {
  return join(state, 'python-charm.json');
}

/** Returns undefined on a unit that was never one of the Python charm. A file that does not parse counts as missing. */
export async function readTakeOver(paths: UnitPaths): Promise<TakeOver | undefined> {
  const json = await readTextFile(pathOf(paths));
  if (json === undefined) return undefined;
  try {
    const value = parseJsonText(json, 'python-charm.json');
    return decode(takeOver, value, 'python-charm.json', (problems) => new InputError(problems));
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

export async function writeTakeOver(record: TakeOver, paths: UnitPaths): Promise<void> {
  await writeFileAtomic(pathOf(paths), `${JSON.stringify(record, undefined, 2)}\n`, 0o600);
}
