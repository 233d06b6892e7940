/** What a guest needs to know of its user data, read off the program itself. */
export interface FirstBoot {
  /** What begins the program's lines on the console. */
  readonly marker: string;
  /** Where the program notes how long each part took. */
  readonly stateFolder: string;
  /** The parts in their order. */
  readonly parts: readonly string[];
}

/** Reads the program of a first boot; `undefined` when it is another program, or none. */
export function readFirstBoot(userData: string): FirstBoot | undefined {
  const marker = /^MARKER='([^']*)'$/m.exec(userData)?.[1];
  const stateFolder = /^STATE='([^']*)'/m.exec(userData)?.[1];
  if (!userData.startsWith('#!/bin/sh\n') || marker === undefined || stateFolder === undefined) {
    return undefined;
  }
  return { marker, stateFolder, parts: namesAfter('run_part', userData) };
}

/** What a program that came through stdin prints when all is well. */
export function outputOf(program: string): string {
  if (!/\nmain( <\/dev\/null)?\n$/.test(program)) return ''; // a shell that got half of it runs nothing
  const checks = namesAfter('check', program).map((name) => `ok ${name}\n`);
  const last = [...program.matchAll(/^echo '([^']*)'$/gm)].at(-1)?.[1];
  return `${checks.join('')}${last === undefined ? '' : `${last}\n`}`;
}

/** `word NAME 'program'`, with each at the beginning of a line. */
function namesAfter(word: string, program: string): readonly string[] {
  const calls = program.matchAll(new RegExp(`^${word} ([a-z0-9-]+) '`, 'gm'));
  return [...calls].flatMap(([, name]) => name ?? []);
}
