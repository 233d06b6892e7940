import { Secret } from '../model/secret.ts';
import type { PartVersion } from '../model/result/program-result-common.ts';
import type { GuestPart } from './guest-part.ts';
import { LOAD_PROXY_ENVIRONMENT } from './guest-proxy.ts';
import { ROOT_ENVIRONMENT } from './paths.ts';
import { quoteForShell } from '../model/text/quote-for-shell.ts';

/**
 * The command that installs a part over SSH as the user ubuntu. It reads the program from stdin, because sudo logs its
 * command line, and exits with the exit code of the part's script. Bash, which only small base images lack, names the
 * command that failed; its POSIX mode treats failures in command substitutions as sh does.
 */
export const INSTALL_COMMAND =
  "sudo -n sh -c 'if command -v bash >/dev/null; then exec bash --posix -s; else exec sh -s; fi'";

/** Limits of the versions that one part may report. */
const MOST_VERSIONS = 100;
const VERSION = /^version ([A-Za-z0-9][\w.+-]{0,63}) (\S{1,100})$/;

// Only bash knows the trap. It prints the text of the command as the script has it, without the values of variables. A
// script that ends with "exit" or "return" has printed its reason.
const NAME_COMMAND = String.raw`
if [ -n "${'${'}BASH_VERSION-}" ]; then
  set -o errtrace
  trap '
    code=$?
    case $BASH_COMMAND in
      exit* | return*) ;;
      *) printf "exit code %s of the command: %.200s
" "$code" "$BASH_COMMAND" | head -n 1 ;;
    esac' ERR
fi`;

// The program is one function, so that a shell that received only half of it runs nothing. Its output is one stream, so
// that the reasons of a failure stand below the command that failed.
/** Returns the shell program that installs a part. Only this text contains the values of the part's environment. */
export function renderInstall({ name, script, environment = {} }: GuestPart): string {
  return [
    `# installs the part ${name}`,
    'main() {',
    'set -eu',
    'umask 022',
    'cd /',
    ROOT_ENVIRONMENT,
    LOAD_PROXY_ENVIRONMENT,
    ...Object.entries(environment).map(([key, value]) => renderVariable(key, value)),
    NAME_COMMAND,
    script,
    '}',
    'main </dev/null 2>&1',
    '',
  ].join('\n');
}

function renderVariable(name: string, value: string | Secret): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new Error(`expected a name of a variable, got ${name}`);
  return `export ${name}=${quoteForShell(value instanceof Secret ? value.reveal() : value)}`;
}

/** Returns the secrets in the environment of a part. */
export function secretsOf({ environment = {} }: Pick<GuestPart, 'environment'>): readonly Secret[] {
  return Object.values(environment).filter((value) => value instanceof Secret);
}

/** Returns the versions that the script of a part printed in lines `version NAME VERSION`, each name once. */
export function findVersions(output: string): readonly PartVersion[] {
  const versions = new Map<string, string>();
  for (const line of output.split(/\r?\n/)) {
    const [, name, version] = VERSION.exec(line) ?? [];
    if (name !== undefined && version !== undefined) versions.set(name, version);
  }
  return [...versions].slice(0, MOST_VERSIONS).map(([name, version]) => ({ name, version }));
}
