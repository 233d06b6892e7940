import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** The output and the exit code of a program. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

type Command = readonly [string, ...string[]];

/** The POSIX shells of this machine: /bin/sh and, if installed, the shell of busybox. */
export const SHELLS: readonly { readonly title: string; readonly shell: Command }[] = [
  { title: 'sh', shell: ['/bin/sh'] },
  ...(existsSync('/bin/busybox') ? [{ title: 'busybox sh', shell: ['/bin/busybox', 'sh'] as const }] : []),
];

/** Runs `command` with `input` on stdin and waits for its end. */
export function run(command: Command, input = ''): Outcome {
  const [file, ...args] = command;
  const { status, stdout, stderr } = spawnSync(file, args, { input, encoding: 'utf8', timeout: 60_000 });
  return { code: status, stdout, stderr };
}
