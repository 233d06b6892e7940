/** Returns the prefix of the lines that the program of a first boot prints. Undefined for any other user data. */
export function findMarker(userData: string): string | undefined {
  return userData.startsWith('#!/bin/sh\n') ? /^MARKER='([^']*)'$/m.exec(userData)?.[1] : undefined;
}

/** Reports whether a program from stdin is complete. A shell that received half of it runs nothing. */
function isComplete(program: string): boolean {
  return /\nmain( <\/dev\/null( 2>&1)?)?\n$/.test(program);
}

/** Returns the part that a program from stdin installs; undefined when it installs none. */
export function findInstalledPart(program: string): string | undefined {
  return isComplete(program)
    ? /^# installs the part ([a-z0-9-]+)\nmain\(\) \{\n/.exec(program)?.[1]
    : undefined;
}

/** Returns the output of a program from stdin that succeeds. */
export function outputOfProgram(program: string): string {
  if (!isComplete(program)) return '';
  const checks = namesAfter('check', program).map((name) => `ok ${name}\n`);
  const last = [...program.matchAll(/^echo '([^']*)'$/gm)].at(-1)?.[1];
  return `${checks.join('')}${last === undefined ? '' : `${last}\n`}`;
}

/** Returns the names in all lines that begin with `word NAME 'program'`. */
function namesAfter(word: string, program: string): readonly string[] {
  const calls = program.matchAll(new RegExp(`^${word} ([a-z0-9-]+) '`, 'gm'));
  return [...calls].flatMap(([, name]) => name ?? []);
}
