import { setFlagsFromString } from 'node:v8';

/** Settings of V8 that Node 20 to 24 have. Together they save 30 to 40 MiB at the peak of a copy. */
const FLAGS: readonly string[] = [
  '--liftoff-only', // the optimizing compiler takes 30 MiB for undici's parser, the only WebAssembly module
  '--semi-space-growth-factor=1', // dead buffers are collected after the next MiB of allocations
];

/** Makes this process take less memory. Must run before most modules are loaded. */
export function spareMemory(): void {
  for (const flag of FLAGS) setFlagsFromString(flag);
}
