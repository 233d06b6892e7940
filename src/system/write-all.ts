import { writeSync } from 'node:fs';
import { errorCodeOf } from './error-code.ts';

const PAUSE_MS = 5;

/** Writes all of `text` before it returns, also to a full pipe; a pipe that nobody reads any more is let be. */
export function writeAllSync(fd: number, text: string): void {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      const code = errorCodeOf(error);
      if (code === 'EPIPE') return;
      if (code !== 'EAGAIN') throw error;
      pause();
    }
  }
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
}
