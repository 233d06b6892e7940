import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GuestPart } from '../../../src/guest/guest-part.ts';
import { ROOT_ENVIRONMENT } from '../../../src/guest/paths.ts';
import { quoteForShell } from '../../../src/model/text/quote-for-shell.ts';
import { Secret } from '../../../src/model/secret.ts';
import type { Outcome } from './shell.ts';
import { makeTinyGuest, runInTinyGuest } from './tiny-guest.ts';

/** The commands whose calls a guest records, and that can fail on demand. */
const RECORDED = ['awk', 'cat', 'chmod', 'cp', 'dd', 'ip', 'ln', 'mkdir', 'mv', 'rm', 'sed', 'sudo', 'wc'];
const STAND_INS = ['nft', 'snap', 'systemctl'];
const SNAP_APPS = ['juju', 'lxd', 'microk8s'];

/** Counts the calls of all recorded commands, and fails at the one with the number in /tmp/fail. */
const wrap = (command: string, target: string): string => `#!/bin/sh
read -r count </tmp/count
count=$((count + 1))
echo "$count" >/tmp/count
printf '%s\\n' "${command} $*" >>/tmp/commands
read -r fail </tmp/fail
if [ "$count" -eq "$fail" ]; then exit 9; fi
exec ${target} "$@"
`;

// systemd starts the program of a unit; a oneshot unit has ended when "restart" returns.
const SYSTEMCTL = `#!/bin/sh
for last; do :; done
find_unit() {
  for unit in "/run/systemd/system/$last" "/etc/systemd/system/$last"; do
    if [ -e "$unit" ]; then return 0; fi
  done
  echo "Unit $last not found." >&2
  return 1
}
case $1 in
  is-active) grep -qsx "$last" /srv/active || exit 3 ;;
  is-enabled) ls /etc/systemd/system/*.target.wants/"$last" >/dev/null 2>&1 || exit 1 ;;
  enable)
    find_unit || exit 1
    wants=/etc/systemd/system/$(sed -n 's/^WantedBy=//p' "$unit").wants
    mkdir -p "$wants"
    ln -sf "$unit" "$wants/$last"
    ;;
  restart)
    if grep -qsx "$last" /srv/active; then exit 0; fi
    find_unit || exit 5
    program=$(sed -n 's/^ExecStart=//p' "$unit")
    if grep -q oneshot "$unit"; then exec $program; fi
    $program >/dev/null 2>&1 &
    ;;
esac
`;

const NFT = `#!/bin/sh
case $1 in
  -f) cat >/tmp/ruleset ;;
  list) cat /tmp/ruleset ;;
  delete) rm /tmp/ruleset ;;
esac
`;

// The shell of busybox prefers its own applets to PATH, but not to functions.
const FUNCTIONS = [...RECORDED, 'sleep'].map((name) => `${name}() { /wrap/${name} "$@"; }\n`).join('');

/** Creates a guest of busybox with stand-ins for snap, systemctl and nft, and an active snapd. */
export function makePartGuest(): string {
  const root = mkdtempSync(join(tmpdir(), 'part-guest-'));
  makeTinyGuest(root);
  const folders = ['proc', 'wrap', 'usr/sbin', 'etc/apt', 'etc/sudoers.d', 'run/systemd/system', 'stand-ins'];
  folders.forEach((folder) => mkdirSync(join(root, folder), { recursive: true }));
  const program = (path: string, text: string): void => {
    writeFileSync(join(root, path), text, { mode: 0o755 });
  };
  program('stand-ins/systemctl', SYSTEMCTL);
  program('stand-ins/nft', NFT);
  program('stand-ins/snap', readFileSync('tests/guest/support/snap-stand-in', 'utf8'));
  program('stand-ins/snap-apps-stand-in', readFileSync('tests/guest/support/snap-apps-stand-in', 'utf8'));
  SNAP_APPS.forEach((name) => {
    program(`wrap/${name}`, wrap(name, `/snap/bin/${name}`));
  });
  RECORDED.forEach((name) => {
    program(`wrap/${name}`, wrap(name, name === 'sudo' ? '/usr/bin/sudo' : `/bin/${name}`));
  });
  STAND_INS.forEach((name) => {
    program(`wrap/${name}`, wrap(name, `/stand-ins/${name}`));
  });
  program('wrap/sleep', '#!/bin/sh\nexec /bin/sleep 0.01\n');
  writeFileSync(join(root, 'srv/active'), 'snapd.service\n');
  runInTinyGuest(root, 'cp -a /etc /run /srv /root /tmp/');
  runInTinyGuest(root, 'mkdir /pristine && mv /tmp/etc /tmp/run /tmp/srv /tmp/root /pristine/');
  return root;
}

const RESET = `cd /; mount -t proc proc /proc
rm -rf /etc /run /srv /root /var/lib/snap-stand-in /var/lib/snapd /var/lib/cloud /var/lib/github-runner-first-boot \
  /var/snap /snap /home/*/.local /home/*/snap /tmp/*
cp -a /pristine/. /
echo 0 >/tmp/count; echo 0 >/tmp/fail; : >/tmp/commands
${ROOT_ENVIRONMENT}
PATH=/wrap:$PATH`;

/** Runs a shell program in a guest as it was made, with the recorded commands on PATH. */
export function runInPartGuest(root: string, program: string): Outcome {
  return runInTinyGuest(root, `${RESET}\n${program}\n`);
}

/** Returns the shell commands that export the environment of a part. */
export function exportsOf({ environment = {} }: GuestPart): string {
  return Object.entries(environment)
    .map(
      ([name, value]) =>
        `export ${name}=${quoteForShell(value instanceof Secret ? value.reveal() : value)}\n`,
    )
    .join('');
}

/** Returns the shell program that installs a part: its script in a shell of its own, with its environment. */
export function installOf(part: GuestPart): string {
  return shellOf(`${exportsOf(part)}${part.script}`);
}

/** Returns the shell program that runs a text of a part in a shell of its own. */
export function shellOf(text = ''): string {
  return `{ sh -eu -c ${quoteForShell(`${FUNCTIONS}${text}`)} 2>&1 </dev/null; }`;
}

/** Returns the recorded commands of the last run. */
export function commandsOf(root: string): readonly string[] {
  return readFileSync(join(root, 'tmp/commands'), 'utf8').trimEnd().split('\n');
}

/** The result of a script whose command with a certain number failed. */
export interface Injection {
  readonly command: string;
  readonly hasFailed: boolean;
  readonly output: string;
  /** The exit code and the output of the check after a success. */
  readonly check: string;
}

/** Lets each recorded command of a program fail in turn. Runs `check` after a program that succeeds all the same. */
export function injectFailures(
  root: string,
  before: string,
  program: string,
  check: string,
): readonly Injection[] {
  const results: Injection[] = [];
  for (let number = 1; number < 200; number++) {
    const attempt = `${before}\necho 0 >/tmp/count; : >/tmp/commands; echo ${number} >/tmp/fail
      (${program}) >/tmp/output; code=$?
      read -r count </tmp/count
      echo 0 >/tmp/fail
      if [ "$count" -lt ${number} ]; then echo end; exit; fi
      sed -n ${number}p /tmp/commands; echo "$code"; cat /tmp/output
      if [ "$code" -eq 0 ]; then echo '--check'; ${check}; echo "$?"; fi`;
    const [command = '', code = '', ...lines] = runInPartGuest(root, attempt).stdout.trimEnd().split('\n');
    if (command === 'end') return results;
    const [output = '', result = ''] = lines.join('\n').split(/^--check$/m);
    results.push({ command, hasFailed: code !== '0', output, check: result.trim() });
  }
  throw new Error('expected a program with fewer than 200 commands');
}

/** Lists the failures that the output of a program does not name by the first two words of the command. */
export function findUnnamed(injections: readonly Injection[], isTolerated: RegExp): readonly string[] {
  return injections.flatMap(({ command, hasFailed, output, check }) => {
    const name = command.split(' ').slice(0, 2).join(' ');
    if (!hasFailed)
      return isTolerated.test(command) && check === '0' ? [] : [`${command}: success: ${check}`];
    const isNamed = output.includes(name) || output.includes(`${command.split(' ')[0] ?? ''} failed`);
    return isNamed && output.includes('failed') ? [] : [`${command}: ${output}`];
  });
}

/** Returns the shell program that runs the first boot of a server, with the recorded commands on PATH. */
export function runFirstBoot(): string {
  const program = '/var/lib/github-runner-first-boot/run';
  return `{ sed 's#^export PATH=#&/wrap:#' ${program} >/tmp/first-boot && sh /tmp/first-boot 2>&1 </dev/null; }`;
}
