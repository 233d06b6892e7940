import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ROOT } from './lay-out.ts';

const MOST_LINES = 250;

/** The files that may be longer, up to `MOST_LINES_OF_THESE`, and why. */
const LONGER: Readonly<Record<string, string>> = {
  'tests/e2e/charm.e2e.test.ts': 'one story of one unit, each part of which goes on from the one before',
  'tests/image-builder/run.test.ts': 'one build, and each of its calls that may go wrong',
  'tests/openstack/service.test.ts': 'all that may become of one call, side by side',
};
const MOST_LINES_OF_THESE = 280;

function listSources(): readonly string[] {
  return ['src', 'tests', 'bench', 'tools']
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map(
        (path) => `${folder}/${path}`,
      ),
    )
    .filter((path) => /\.(ts|js|mjs)$/.test(path))
    .sort();
}

const linesOf = (path: string): number => readFileSync(join(ROOT, path), 'utf8').split('\n').length - 1;

describe('the files', () => {
  test(`have at most ${MOST_LINES} lines each, but for those with a reason`, () => {
    const long = listSources().filter((path) => linesOf(path) > MOST_LINES);
    expect(long.filter((path) => LONGER[path] === undefined)).toEqual([]);
    expect(long.filter((path) => linesOf(path) > MOST_LINES_OF_THESE)).toEqual([]);
  });

  test('that may be longer are there', () => {
    expect(Object.keys(LONGER).filter((path) => !listSources().includes(path))).toEqual([]);
  });
});
