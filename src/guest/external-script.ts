import { InputError } from '../model/errors.ts';
import type { Secret } from '../model/secret.ts';
import { SCRIPT_FOLDER } from './places.ts';
import { quoteForShell } from './quote.ts';

const SCRIPT = `${SCRIPT_FOLDER}/script`;

// sudo logs what it runs: so these programs are the same in every build, and all that varies goes through stdin.
const asRoot = (lines: readonly string[]): string => `sudo -n sh -c ${quoteForShell(lines.join('\n'))}`;

/**
 * Reads the operator's script from stdin and puts it into memory that root alone can read, so that no image has it.
 * /run itself allows no execution.
 */
export const SCRIPT_INSTALL_COMMAND = asRoot([
  'set -eu',
  'umask 077',
  `umount ${SCRIPT_FOLDER} 2>/dev/null || :`,
  `mkdir -p ${SCRIPT_FOLDER}`,
  `mount -t tmpfs -o mode=0700,nosuid,nodev,size=64m tmpfs ${SCRIPT_FOLDER}`,
  `cat >${SCRIPT}`,
  `chmod 0700 ${SCRIPT}`,
]);

/** Runs the script as root with the variables that come through stdin; the exit code is the script's own. */
export const SCRIPT_RUN_COMMAND = asRoot([
  'set -eu',
  'umask 022',
  'set -a',
  'eval "$(cat)"',
  'HOME=/root',
  'set +a',
  'cd /root',
  `exec ${SCRIPT} </dev/null`,
]);

/** Takes the script away, also when it was never there or left something running in its folder. */
export const SCRIPT_REMOVE_COMMAND = asRoot([
  'set -eu',
  `if [ ! -e ${SCRIPT_FOLDER} ]; then exit 0; fi`,
  `rm -f ${SCRIPT}`,
  `umount ${SCRIPT_FOLDER} 2>/dev/null || umount -l ${SCRIPT_FOLDER} 2>/dev/null || :`,
  `rm -rf ${SCRIPT_FOLDER}`,
]);

/** What SCRIPT_RUN_COMMAND reads: one assignment for each secret, in the shell's own quotes. */
export function encodeScriptSecrets(secrets: ReadonlyMap<string, Secret>): string {
  const problems = [...secrets].flatMap(([name, secret]) => listProblems(name, secret));
  if (problems.length > 0) throw new InputError(problems);
  return [...secrets].map(([name, secret]) => `${name}=${quoteForShell(secret.reveal())}\n`).join('');
}

function listProblems(name: string, secret: Secret): readonly string[] {
  const shown = JSON.stringify(name);
  return [
    ...(/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
      ? []
      : [`secret ${shown}: the name of a variable has letters, digits and underscores, no digit first`]),
    ...(secret.reveal().includes('\0') ? [`secret ${shown}: its value contains a NUL byte`] : []),
  ];
}
