import { writeSync } from 'node:fs';
import { errorCodeOf } from '../error-code.ts';

const PAUSE_MS = 5;

/**
 * Writes all of `text` before it returns, even to a full pipe. Returns false for a pipe whose reader is gone. Throws every
 * other failure.
 */
export function writeAllSync(fd: number, text: string): boolean {
  let remaining = Buffer.from(text);
  while (remaining.length > 0) {
    try {
      remaining = remaining.subarray(writeSync(fd, remaining));
    } catch (error) {
      const code = errorCodeOf(error);
      if (code === 'EPIPE') return false;
      if (code !== 'EAGAIN') throw error;
      pause();
    }
  }
  return true;
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
}
