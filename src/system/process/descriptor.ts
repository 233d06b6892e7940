import { closeSync, readFileSync } from 'node:fs';

/** Reads an inherited file descriptor to its end and closes it, so that programs started later do not inherit it. */
export function readDescriptor(descriptor: number): string {
  const text = readFileSync(descriptor, 'utf8');
  closeSync(descriptor);
  return text;
}
