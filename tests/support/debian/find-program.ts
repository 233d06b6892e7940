import { existsSync } from 'node:fs';
import { describe } from '@jest/globals';

/** Debian's packages of programs that only tests use. CI installs them. */
const PACKAGES: Readonly<Record<string, string>> = {
  prometheus: 'prometheus',
  promtool: 'prometheus',
  'systemd-analyze': 'systemd',
  zip: 'zip and unzip',
};

/** Declares tests of a program of Debian. They are skipped, with a note in their titles, where it is not installed. */
export function describeWith(program: string, title: string, tests: (path: string) => void): void {
  const path = `/usr/bin/${program}`;
  if (existsSync(path)) {
    describe(title, () => {
      tests(path);
    });
    return;
  }
  describe.skip(`${title} (skipped: install Debian's package ${PACKAGES[program] ?? program})`, () => {
    tests(path);
  });
}
