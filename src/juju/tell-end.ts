import type { CommandResult } from '../system/process/command.ts';

const LONGEST_TOLD = 500;

/** How a program of Juju's ended that did not succeed, with its last words on one line. */
export function tellEnd({ exitCode, signal, stderr }: CommandResult): string {
  const end = exitCode === undefined ? `ended by ${signal ?? 'a signal'}` : `exit code ${exitCode}`;
  return `${end}: ${stderr.replace(/\s+/g, ' ').trim().slice(0, LONGEST_TOLD)}`;
}
