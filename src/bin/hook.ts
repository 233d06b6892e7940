#!/usr/bin/env node
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { machine } from 'node:os';
import { GithubRunnerImageBuilderCharm } from '../charm/charm.ts';
import { systemClock } from '../system/clock.ts';
import { runCommand } from '../system/command.ts';
import { writeAllSync } from '../system/write-all.ts';
import { runHook } from './hook/run-hook.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

process.exitCode = await runHook(
  {
    env: process.env,
    cwd: process.cwd(),
    node: process.execPath,
    runCommand,
    writeErr: (text) => {
      writeAllSync(2, text);
    },
  },
  (parts) =>
    new GithubRunnerImageBuilderCharm({
      ...parts,
      clock: systemClock,
      version,
      machine: machine(),
      newBuildId: () => randomBytes(6).toString('hex'),
    }),
);
