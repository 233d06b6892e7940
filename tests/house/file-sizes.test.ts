import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ROOT } from './run-tool.ts';

const MAX_LINES = 250;

/** The files that may have up to `MAX_LINES_EXCEPTION` lines, and the reasons. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'tests/charm/decide.test.ts': 'every part of one decision, side by side',
  'tests/e2e/charm.e2e.test.ts': 'one unit whose steps depend on each other',
  'tests/image-builder/run.test.ts': 'one build and every call in it that can fail',
  'tests/scheduler/plan/simulation.ts': 'one simulated state and everything that changes it',
  'tests/openstack/api/service.test.ts': 'all outcomes of one call in one place',
};
const MAX_LINES_EXCEPTION = 300;

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

describe('file sizes', () => {
  test(`no file has more than ${MAX_LINES} lines without a stated reason`, () => {
    const long = listSources().filter((path) => linesOf(path) > MAX_LINES);
    expect(long.filter((path) => EXCEPTIONS[path] === undefined)).toEqual([]);
    expect(long.filter((path) => linesOf(path) > MAX_LINES_EXCEPTION)).toEqual([]);
  });

  test('every file with an exception exists', () => {
    expect(Object.keys(EXCEPTIONS).filter((path) => !listSources().includes(path))).toEqual([]);
  });
});
