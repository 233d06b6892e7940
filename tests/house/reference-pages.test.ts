import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as errors from '../../src/model/errors.ts';
import { EXIT_CODES, SIGNAL_EXIT_CODES, exitCodeOfKind } from '../../src/model/exit-codes.ts';
import { DEFAULT_TIMEOUTS, type Timeouts, timeoutOption } from '../../src/model/job/timeouts.ts';
import { ROOT, runTool } from './run-tool.ts';
import { rowsOf } from './markdown-table.ts';

const PAGES = [
  'options',
  'actions',
  'program',
  'waits',
  'exit-codes',
  'errors',
  'licences',
  'metrics',
  'python-names',
].map((name) => `${name}.md`);
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

  test('errors.md has the kind and the exit code of real errors', () => {
    const classes = errors as unknown as Readonly<Record<string, new (text: unknown) => errors.ProductError>>;
    const made = Object.entries(classes).flatMap(([name, Class]) =>
      name.endsWith('Error') && name !== 'ProductError' ? [new Class(['the text'])] : [],
    );
    const codeOf = (kind: errors.ErrorKind) =>
      kind === 'cancelled' ? Object.values(SIGNAL_EXIT_CODES).join(', ') : String(exitCodeOfKind(kind));
    const listed = new Map(
      rowsOf(join(DOCS, 'errors.md')).map(([name = '', , kind, code]) => [name, { kind, code }]),
    );
    expect(made.length).toBeGreaterThan(20);
    for (const { name, kind } of made) {
      const row = listed.get(`\`${name}\``);
      expect([name, row?.kind?.split(', or ')[0], row?.code]).toEqual([name, `\`${kind}\``, codeOf(kind)]);
    }
  });
});
