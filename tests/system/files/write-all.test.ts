import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { writeAllSync } from '../../../src/system/files/write-all.ts';

let folder: string;
let pipe: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'write-'));
  pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('writing synchronously', () => {
  test('writeAllSync writes the complete text to a pipe that is full for a while', async () => {
    const copy = join(folder, 'copy');
    const fd = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
    const text = 'é'.repeat(512 * 1024);
    const reader = spawn('sh', ['-c', 'sleep 0.1; head -c 1048576 "$0" > "$1"', pipe, copy]);
    expect(writeAllSync(fd, text)).toBe(true);
    await once(reader, 'exit');
    closeSync(fd);
    expect(readFileSync(copy, 'utf8') === text).toBe(true);
  });

  test('writeAllSync returns false for a pipe without a reader', () => {
    const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    const fd = openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
    closeSync(reader);
    expect(writeAllSync(fd, 'text')).toBe(false);
    closeSync(fd);
  });

  test('writeAllSync throws every other failure', () => {
    const fd = openSync('/dev/null', 'r');
    expect(() => {
      writeAllSync(fd, 'text');
    }).toThrow('EBADF');
    closeSync(fd);
  });
});
