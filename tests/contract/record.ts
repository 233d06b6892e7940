import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Shape } from './shapes.ts';

/** The record of a real OpenStack. */
export interface ContractRecord {
  readonly shapes: ReadonlyMap<string, Shape>;
  /** The routes and statuses of each case, keyed by its title. */
  readonly calls: Readonly<Record<string, string>>;
}

const FILE = join(import.meta.dirname, 'seen.json');

interface SeenFile {
  readonly calls: Readonly<Record<string, string>>;
  readonly shapes: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Reads the record; returns an empty one when no file exists yet. */
export async function readRecord(): Promise<ContractRecord> {
  const text = await readFile(FILE, 'utf8').catch(() => '{"calls":{},"shapes":{}}');
  const { calls, shapes } = JSON.parse(text) as SeenFile;
  const toShape = (paths: Readonly<Record<string, string>>): Shape =>
    new Map(Object.entries(paths).map(([path, types]) => [path, new Set(types.split(' | '))]));
  return {
    calls,
    shapes: new Map(Object.entries(shapes).map(([call, paths]) => [call, toShape(paths)])),
  };
}

/** Writes the record in sorted order, so that equal recordings produce equal files. */
export async function writeRecord({ shapes, calls }: ContractRecord): Promise<void> {
  const toPaths = (shape: Shape): object =>
    sorted([...shape].map(([path, types]) => [path, [...types].sort().join(' | ')]));
  const file = {
    calls: sorted(Object.entries(calls)),
    shapes: sorted([...shapes].map(([call, shape]) => [call, toPaths(shape)])),
  };
  await writeFile(FILE, `${JSON.stringify(file, undefined, 2)}\n`);
}

function sorted(entries: readonly (readonly [string, unknown])[]): object {
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Merges two records and drops cases without a title in `titles`. A run of some cases only adds to the record. */
export function mergeRecords(
  before: ContractRecord,
  now: ContractRecord,
  titles: ReadonlySet<string>,
): ContractRecord {
  const shapes = new Map([...before.shapes].map(([call, shape]) => [call, new Map(shape)]));
  for (const [call, shape] of now.shapes) {
    const known = shapes.get(call) ?? new Map<string, ReadonlySet<string>>();
    shapes.set(call, known);
    for (const [path, types] of shape) known.set(path, new Set([...(known.get(path) ?? []), ...types]));
  }
  const calls = Object.entries({ ...before.calls, ...now.calls }).filter(([title]) => titles.has(title));
  return { shapes, calls: Object.fromEntries(calls) };
}
