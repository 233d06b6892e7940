import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EXIT_CODES, SIGNAL_EXIT_CODES } from '../../src/cli/exit-codes.ts';
import { DEFAULT_TIMEOUTS, type Timeouts, timeoutOption } from '../../src/model/timeouts.ts';
import { ROOT, runTool } from './run-tool.ts';
import { rowsOf } from './markdown-table.ts';

const PAGES = ['options', 'actions', 'program', 'waits', 'exit-codes', 'licences'].map(
  (name) => `${name}.md`,
);
const DOCS = join(ROOT, 'docs/reference');

let folder = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'reference-'));
  await runTool('render-reference', ['--target', folder]);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the reference pages', () => {
  test('npm run docs renders exactly the expected pages', () => {
    expect(readdirSync(folder).sort()).toEqual([...PAGES].sort());
  });

  test.each(PAGES)('%s is up to date with `npm run docs`', (page) => {
    const path = join(DOCS, page);
    expect(existsSync(path) ? readFileSync(path, 'utf8') : '').toBe(readFileSync(join(folder, page), 'utf8'));
  });

  test('waits.md lists every wait with its default and its option', () => {
    const wanted = Object.entries(DEFAULT_TIMEOUTS).map(([name, seconds]) => [
      String(seconds),
      `\`${timeoutOption(name as keyof Timeouts)}\``,
    ]);
    expect(rowsOf(join(DOCS, 'waits.md')).map((cells) => cells.slice(1, 3))).toEqual(wanted);
  });

  test('exit-codes.md lists every exit code', () => {
    const codes = [...Object.values(EXIT_CODES), ...Object.values(SIGNAL_EXIT_CODES)];
    const listed = rowsOf(join(DOCS, 'exit-codes.md')).flatMap(([codes = '']) => codes.split(','));
    expect(listed.map(Number)).toEqual(codes);
  });
});
