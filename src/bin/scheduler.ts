#!/usr/bin/env node
import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { CancelledError } from '../model/errors.ts';
import { systemClock } from '../system/clock.ts';
import { readPackageVersion } from '../system/package-version.ts';
import { writeAllSync } from '../system/files/write-all.ts';
import { runScheduler } from '../scheduler/run-scheduler.ts';

/** Shorter than the stop timeout of the systemd unit, after which systemd kills the process. */
const STOP_TIMEOUT_MS = 4500;

const stop = new AbortController();
setMaxListeners(0, stop.signal); // each job adds a listener

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    stop.abort(new CancelledError(`stopped by ${signal}`));
    setTimeout(() => process.exit(0), STOP_TIMEOUT_MS).unref();
  });
}

for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    writeAllSync(2, `ERROR: this is a bug, please report it: ${stack}\n`);
    process.exit(1);
  });
}

const exitCode = await runScheduler({
  argv: process.argv.slice(2),
  version: readPackageVersion(),
  env: process.env,
  clock: systemClock,
  writeOut: (text) => {
    writeAllSync(1, text);
  },
  writeErr: (text) => {
    writeAllSync(2, text);
  },
  signal: stop.signal,
  newBuildId: () => randomBytes(6).toString('hex'),
  random: Math.random,
});
process.exit(exitCode); // a juju-exec that hangs must not keep the process alive
