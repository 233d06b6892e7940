#!/usr/bin/env node
import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { CancelledError } from '../model/errors.ts';
import { systemClock } from '../system/clock.ts';
import { readDescriptor } from '../system/process/descriptor.ts';
import { readPlace } from '../system/process/process-identity.ts';
import { spareMemory } from '../system/process/spare-memory.ts';
import { readPackageVersion } from '../system/package-version.ts';
import { writeAllSync } from '../system/files/write-all.ts';
import type { StopSignal } from '../model/exit-codes.ts';

spareMemory(); // before the other modules are loaded
const { runProgram } = await import('../cli/run-program.ts');
const { findLogFormat, renderNotice } = await import('../cli/stderr.ts');

const argv = process.argv.slice(2);
const stop = new AbortController();
setMaxListeners(0, stop.signal); // each cloud adds a listener
let stoppedBy: StopSignal | undefined;

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stoppedBy !== undefined) {
      const text = `${signal}: the clean-up is still running; SIGKILL would leave it to the next run\n`;
      writeAllSync(2, renderNotice(text, findLogFormat(argv), systemClock));
      return;
    }
    stoppedBy = signal;
    stop.abort(new CancelledError(`stopped by ${signal}`));
  });
}

process.exitCode = await runProgram({
  argv,
  env: process.env,
  cwd: process.cwd(),
  host: { arch: process.arch, newBuildId: randomBytes(6).toString('hex'), readDescriptor },
  place: readPlace(process.env['IMAGE_BUILDER_MACHINE']),
  version: readPackageVersion(),
  clock: systemClock,
  writeOut: (text) => {
    if (!writeAllSync(1, text)) throw new Error('the reader of the pipe is gone');
  },
  writeErr: (text) => {
    writeAllSync(2, text);
  },
  isStdoutTerminal: process.stdout.isTTY,
  terminal: {
    isTerminal: process.stderr.isTTY && process.env['TERM'] !== 'dumb',
    columns: process.stderr.isTTY ? process.stderr.columns : 80,
  },
  signal: stop.signal,
  stoppedBy: () => stoppedBy,
});
