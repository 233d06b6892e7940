import { closeSync, fstatSync, mkdirSync, openSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorCodeOf } from './error-code.ts';
import { writeAllSync } from './write-all.ts';

export interface LogFileOptions {
  readonly path: string;
  /** A file that has grown beyond it is moved aside before the next line. */
  readonly maxBytes: number;
  /** How many files that were moved aside are kept: `path.1` is the newest. */
  readonly keep: number;
}

/** A file of lines that is written before the call returns, so that no line is lost at any exit. */
export interface LogFile {
  write(line: string): void;
  close(): void;
}

/** Opens the log to add to it; makes its folder (0750) and the file (0640) when they are not there. */
export function openLogFile(options: LogFileOptions): LogFile {
  mkdirSync(dirname(options.path), { recursive: true, mode: 0o750 });
  let file = open(options.path);
  return {
    write: (line) => {
      if (file.bytes >= options.maxBytes) {
        closeSync(file.descriptor);
        moveAside(options);
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

function moveAside({ path, keep }: LogFileOptions): void {
  for (let age = keep; age > 0; age -= 1) {
    renameIfThere(age === 1 ? path : `${path}.${age - 1}`, `${path}.${age}`);
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (errorCodeOf(error) !== 'ENOENT') throw error;
  }
}
