#!/usr/bin/env node
import { randomBytes } from 'node:crypto';
import { machine } from 'node:os';
import { GithubRunnerImageBuilderCharm } from '../charm/charm.ts';
import { systemClock } from '../system/clock.ts';
import { readPackageVersion } from '../system/package-version.ts';
import { runBlocking } from '../system/run-blocking.ts';
import { writeAllSync } from '../system/files/write-all.ts';
import { runHook } from '../charm/run-hook.ts';

process.exitCode = await runHook(
  {
    env: process.env,
    cwd: process.cwd(),
    node: process.execPath,
    runCommand: runBlocking,
    writeErr: (text) => {
      writeAllSync(2, text);
    },
  },
  (parts) =>
    new GithubRunnerImageBuilderCharm({
      ...parts,
      clock: systemClock,
      version: readPackageVersion(),
      machine: machine(),
      newBuildId: () => randomBytes(6).toString('hex'),
    }),
);
