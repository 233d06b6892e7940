import { open } from 'node:fs/promises';
import { errorCodeOf } from '../error-code.ts';

/**
 * Returns the last `maximum` bytes of a file, from the first complete line on. Returns an empty text when the file does
 * not exist.
 */
export async function readFileTail(path: string, maximum: number): Promise<string> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const start = Math.max(0, size - maximum);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
      const text = buffer.toString('utf8', 0, bytesRead);
      return start === 0 ? text : text.slice(text.indexOf('\n') + 1);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return '';
    throw error;
  }
}
