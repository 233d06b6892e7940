import { closeSync, fstatSync, mkdirSync, openSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorCodeOf } from '../error-code.ts';
import { writeAllSync } from '../files/write-all.ts';

export interface LogFileOptions {
  readonly path: string;
  /** A file of at least this size is rotated before the next line is written. */
  readonly maxBytes: number;
  /** The number of rotated files to keep. `path.1` is the newest. */
  readonly keep: number;
}

/** A log file that is written synchronously, so that no line is lost when the process exits. */
export interface LogFile {
  write(line: string): void;
  close(): void;
}

/** Opens the log for appending. Creates its folder (0750) and the file (0640) when they do not exist. */
export function openLogFile(options: LogFileOptions): LogFile {
  mkdirSync(dirname(options.path), { recursive: true, mode: 0o750 });
  let file = open(options.path);
  return {
    write: (line) => {
      if (file.bytes >= options.maxBytes) {
        closeSync(file.descriptor);
        rotate(options);
        file = open(options.path);
      }
      const text = `${line}\n`;
      writeAllSync(file.descriptor, text);
      file = { ...file, bytes: file.bytes + Buffer.byteLength(text) };
    },
    close: () => {
      closeSync(file.descriptor);
    },
  };
}

function open(path: string): { readonly descriptor: number; readonly bytes: number } {
  const descriptor = openSync(path, 'a', 0o640);
  return { descriptor, bytes: fstatSync(descriptor).size };
}

function rotate({ path, keep }: LogFileOptions): void {
  for (let age = keep; age > 0; age -= 1) {
    renameIfExists(age === 1 ? path : `${path}.${age - 1}`, `${path}.${age}`);
  }
}

function renameIfExists(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (errorCodeOf(error) !== 'ENOENT') throw error;
  }
}
