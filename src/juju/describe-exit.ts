import type { CommandResult } from '../system/process/command.ts';

const MAX_STDERR_LENGTH = 500;

/** Describes the exit of a Juju program that failed, with the beginning of its stderr on one line. */
export function describeExit({ exitCode, signal, stderr }: CommandResult): string {
  const end = exitCode === undefined ? `ended by ${signal ?? 'a signal'}` : `exit code ${exitCode}`;
  return `${end}: ${stderr.replace(/\s+/g, ' ').trim().slice(0, MAX_STDERR_LENGTH)}`;
}
