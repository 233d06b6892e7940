import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** What a program printed, and how it ended. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

type Command = readonly [string, ...string[]];

/** Every POSIX shell of this machine: /bin/sh, and busybox's where there is one. */
export const SHELLS: readonly { readonly title: string; readonly shell: Command }[] = [
  { title: 'sh', shell: ['/bin/sh'] },
  ...(existsSync('/bin/busybox') ? [{ title: 'busybox sh', shell: ['/bin/busybox', 'sh'] as const }] : []),
];

/** Runs `command` to its end with `input` on stdin. */
export function run(command: Command, input = ''): Outcome {
  const [file, ...args] = command;
  const { status, stdout, stderr } = spawnSync(file, args, { input, encoding: 'utf8', timeout: 60_000 });
  return { code: status, stdout, stderr };
}
