import { InputError } from '../model/errors.ts';
import { toScriptVariables } from '../model/guest/script-variables.ts';
import type { Secret } from '../model/secret.ts';
import { LOAD_PROXY_ENVIRONMENT } from './guest-proxy.ts';
import { SCRIPT_FOLDER } from './paths.ts';
import { quoteForShell } from '../model/text/quote-for-shell.ts';

const SCRIPT = `${SCRIPT_FOLDER}/script`;

// sudo logs its command line. These commands are therefore constant; secrets and scripts go through stdin.
const asRoot = (lines: readonly string[]): string => `sudo -n sh -c ${quoteForShell(lines.join('\n'))}`;

/**
 * The command that reads the operator's script from stdin and stores it on a tmpfs that only root can read, so that it
 * does not get into the image. The script gets a tmpfs of its own because /run is mounted noexec.
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

/**
 * The command that runs the script as root. It reads the script's environment variables from stdin and exits with the
 * script's exit code.
 */
export const SCRIPT_RUN_COMMAND = asRoot([
  'set -eu',
  'umask 022',
  LOAD_PROXY_ENVIRONMENT,
  'set -a',
  'eval "$(cat)"',
  'HOME=/root',
  'set +a',
  'cd /root',
  `exec ${SCRIPT} </dev/null`,
]);

/** The command that removes the script, even if it was never installed or its processes still use the folder. */
export const SCRIPT_REMOVE_COMMAND = asRoot([
  'set -eu',
  `if [ ! -e ${SCRIPT_FOLDER} ]; then exit 0; fi`,
  `rm -f ${SCRIPT}`,
  `umount ${SCRIPT_FOLDER} 2>/dev/null || umount -l ${SCRIPT_FOLDER} 2>/dev/null || :`,
  `rm -rf ${SCRIPT_FOLDER}`,
]);

/**
 * Returns the input of SCRIPT_RUN_COMMAND: one quoted shell assignment for each variable of the script. Throws InputError
 * with all problems.
 */
export function encodeScriptSecrets(secrets: ReadonlyMap<string, Secret>): string {
  const { variables, problems } = toScriptVariables(secrets);
  if (problems.length > 0) throw new InputError(problems.map((problem) => `secret ${problem}`));
  return [...variables].map(([name, secret]) => `${name}=${quoteForShell(secret.reveal())}\n`).join('');
}
