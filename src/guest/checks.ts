import type { GuestPart } from './guest-part.ts';
import { ROOT_ENVIRONMENT } from './paths.ts';
import { quoteForShell } from '../model/text/quote-for-shell.ts';

const END = 'end of checks';

/** The command that runs the checks over SSH as the user ubuntu. It reads the program from stdin. */
export const CHECKS_COMMAND = 'sudo -n sh -s';

// The program is one function, so that a shell that received only half of it runs nothing.
const FUNCTIONS = String.raw`
check() { # NAME PROGRAM
  output=$(sh -eu -c "$2" 2>&1 </dev/null)
  code=$?
  if [ "$code" -eq 0 ]; then echo "ok $1"; return; fi
  why=$(printf '%s\n' "$output" | tail -n 1)
  printf 'failed %s: %s\n' "$1" "${'${'}why:-exit code $code}"
}
`;

/**
 * Returns a shell program that runs the check of every part, all at the same time, and prints one line for each in any
 * order.
 */
export function renderChecks(parts: readonly GuestPart[]): string {
  return [
    'main() {',
    ROOT_ENVIRONMENT,
    FUNCTIONS,
    ...parts.map((part) => `check ${part.name} ${quoteForShell(part.check)} &`),
    'wait',
    `echo '${END}'`,
    '}',
    'main',
    '',
  ].join('\n');
}

/** Returns the failures in the output of the checks. A part without a result counts as failed. */
export function findFailedChecks(output: string, parts: readonly GuestPart[]): readonly string[] {
  const lines = output.split(/\r?\n/);
  const problems = parts.flatMap(({ name }) => findProblem(lines, name) ?? []);
  return lines.includes(END) ? problems : [...problems, 'the checks did not run to their end'];
}

function findProblem(lines: readonly string[], name: string): string | undefined {
  const prefix = `failed ${name}: `;
  const failed = lines.find((line) => line.startsWith(prefix));
  if (failed !== undefined) return `${name}: ${failed.slice(prefix.length)}`;
  return lines.includes(`ok ${name}`) ? undefined : `${name}: the guest reported no result`;
}
