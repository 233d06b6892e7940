import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { EXIT_CODES, SIGNAL_EXIT_CODES } from '../../src/bin/image-builder/exit-codes.ts';
import { DEFAULT_TIMEOUTS, type Timeouts, timeoutOption } from '../../src/model/timeouts.ts';

const DOCS = resolve(import.meta.dirname, '../../docs/reference');

/** The cells of a page's table, without its head. */
const rowsOf = (page: string): readonly (readonly string[])[] =>
  readFileSync(join(DOCS, page), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

describe('the reference pages', () => {
  test('waits.md has each wait with its default and its option', () => {
    const wanted = Object.entries(DEFAULT_TIMEOUTS).map(([name, seconds]) => [
      String(seconds),
      `\`${timeoutOption(name as keyof Timeouts)}\``,
    ]);
    expect(rowsOf('waits.md').map(([, ...rest]) => rest)).toEqual(wanted);
  });

  test('exit-codes.md has each exit code', () => {
    const codes = [...Object.values(EXIT_CODES), ...Object.values(SIGNAL_EXIT_CODES)];
    const told = rowsOf('exit-codes.md').flatMap(([codes = '']) => codes.split(','));
    expect(told.map(Number)).toEqual(codes);
  });
});
