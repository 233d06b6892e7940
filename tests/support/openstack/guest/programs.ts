/** The settings that a guest reads from the program in its user data. */
export interface FirstBoot {
  /** The prefix of the program's lines on the console. */
  readonly marker: string;
  /** The folder with the report of the parts. */
  readonly stateFolder: string;
  /** The parts in install order. */
  readonly parts: readonly string[];
}

/** Parses the program of a first boot. Returns undefined for any other user data. */
export function readFirstBoot(userData: string): FirstBoot | undefined {
  const marker = /^MARKER='([^']*)'$/m.exec(userData)?.[1];
  const stateFolder = /^STATE='([^']*)'/m.exec(userData)?.[1];
  if (!userData.startsWith('#!/bin/sh\n') || marker === undefined || stateFolder === undefined) {
    return undefined;
  }
  return { marker, stateFolder, parts: namesAfter('run_part', userData) };
}

/** Returns the output of a program from stdin that succeeds. */
export function outputOfProgram(program: string): string {
  if (!/\nmain( <\/dev\/null)?\n$/.test(program)) return ''; // a shell that received half of the program runs nothing
  const checks = namesAfter('check', program).map((name) => `ok ${name}\n`);
  const last = [...program.matchAll(/^echo '([^']*)'$/gm)].at(-1)?.[1];
  return `${checks.join('')}${last === undefined ? '' : `${last}\n`}`;
}

/** Returns the names in all lines that begin with `word NAME 'program'`. */
function namesAfter(word: string, program: string): readonly string[] {
  const calls = program.matchAll(new RegExp(`^${word} ([a-z0-9-]+) '`, 'gm'));
  return [...calls].flatMap(([, name]) => name ?? []);
}
