import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openLogFile } from '../../../src/system/log/log-file.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'log-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const open = (maxBytes: number) => openLogFile({ path: join(folder, 'a/x.log'), maxBytes, keep: 3 });
const read = (name: string): string => readFileSync(join(folder, 'a', name), 'utf8');

describe('a log file', () => {
  test('a line is in the file when the call returns, in a folder that other users cannot read', () => {
    const file = open(100);
    file.write('one');
    expect(read('x.log')).toBe('one\n');
    file.close();
    expect(statSync(join(folder, 'a')).mode & 0o777).toBe(0o750);
    expect(statSync(join(folder, 'a/x.log')).mode & 0o137).toBe(0);
  });

  test('reopening a log file appends to it', () => {
    const first = open(100);
    first.write('one');
    first.close();
    const next = open(100);
    next.write('two');
    next.close();
    expect(read('x.log')).toBe('one\ntwo\n');
  });

  test('a full file is rotated, and three rotated files are kept', () => {
    const file = open(4);
    for (const line of ['one', 'two', 'three', 'four', 'five', 'six']) file.write(line);
    file.close();
    expect(readdirSync(join(folder, 'a')).sort()).toEqual(['x.log', 'x.log.1', 'x.log.2', 'x.log.3']);
    expect(['x.log', 'x.log.1', 'x.log.2', 'x.log.3'].map(read)).toEqual([
      'six\n',
      'five\n',
      'four\n',
      'three\n',
    ]);
  });

  test('a file that is already full is rotated before the first line', () => {
    open(4).close();
    writeFileSync(join(folder, 'a/x.log'), 'older and longer\n');
    const file = open(4);
    file.write('new');
    file.close();
    expect([read('x.log'), read('x.log.1')]).toEqual(['new\n', 'older and longer\n']);
  });
});
