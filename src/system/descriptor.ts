import { closeSync, readFileSync } from 'node:fs';

/** All that stands in an inherited descriptor, which is closed then: what we start ourselves does not get it. */
export function readDescriptor(descriptor: number): string {
  const text = readFileSync(descriptor, 'utf8');
  closeSync(descriptor);
  return text;
}
