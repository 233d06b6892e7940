import type { Guest } from './boot.ts';
import type { PackageSet } from './packages.ts';

/** A command that must succeed on a server of the finished image, run by the user ubuntu. */
interface AcceptanceCommand {
  readonly name: string;
  readonly command: string;
  /** The set whose image has what the command needs. Default: both. */
  readonly set?: PackageSet;
}

const same = (one: string, other: string): string => `[ "$(${one})" = "$(${other})" ]`;
const isOnly = (command: string, value: string): string => `[ "$(${command})" = '${value}' ]`;

/** The commands of the integration test of the Python charm that apply on the lab, and those that consumers need. */
const COMMANDS: readonly AcceptanceCommand[] = [
  { name: 'cloud-init ran again', command: 'cloud-init status --wait' },
  { name: 'ubuntu is in the group sudo', command: 'id -nG | grep -qw sudo' },
  { name: 'ubuntu is in the group adm', command: 'id -nG | grep -qw adm' },
  { name: 'ubuntu is in the group docker', command: 'id -nG | grep -qw docker' },
  { name: 'ubuntu has a session without a login', command: 'ls /var/lib/systemd/linger/ubuntu' },
  { name: 'runner is another name of ubuntu', command: same('id -u runner', 'id -u ubuntu') },
  { name: 'runner has the groups of ubuntu', command: same('id -G runner', 'id -G ubuntu') },
  {
    name: 'everybody writes to /usr/local/bin',
    command: 'touch /usr/local/bin/new && rm /usr/local/bin/new',
  },
  { name: 'the runner is there', command: isOnly('~/actions-runner/run.sh --version', '2.331.0') },
  { name: 'docker works without sudo', command: "docker version --format '{{.Server.Version}}'" },
  {
    name: 'a container runs',
    command: isOnly('docker run --rm lab/busybox /bin/busybox echo it runs', 'it runs'),
  },
  {
    name: 'a container reaches the network',
    command: 'docker run --rm lab/busybox /bin/busybox wget -q -O /dev/null "$MIRROR/releases/tag/v2.331.0"',
  },
  { name: 'python is python3', command: same('python --version', 'python3 --version') },
  { name: 'pip', command: 'pip --version && python3 -m pip --version' },
  { name: 'aproxy is installed', command: 'snap list aproxy' },
  { name: 'jq', command: `[ "$(echo '{"a": 1}' | jq .a)" = 1 ]` },
  { name: 'gh', command: 'gh --version' },
  {
    name: 'shellcheck',
    command: "{ printf '%s\\n' '#!/bin/sh' 'echo $1' | shellcheck - || :; } | grep -q SC2086",
  },
  {
    name: 'unzip',
    command:
      'python3 -m zipfile -c /tmp/x.zip /etc/hostname && unzip -p /tmp/x.zip hostname | cmp - /etc/hostname',
  },
  { name: 'the kernel module sctp', command: 'sudo -n modprobe sctp && grep -qw sctp /proc/modules' },
  { name: 'the queue discipline is fq', command: isOnly('/sbin/sysctl -n net.core.default_qdisc', 'fq') },
  {
    name: 'the congestion control is bbr',
    command: isOnly('/sbin/sysctl -n net.ipv4.tcp_congestion_control', 'bbr'),
  },
  {
    name: 'apt updates from a signed source',
    command:
      'echo "deb $MIRROR/debian bookworm-updates main" >/tmp/lab.list && ' +
      "only='-o Dir::Etc::sourcelist=/tmp/lab.list -o Dir::Etc::sourceparts=-' && " +
      'sudo -n apt-get update -qq $only && apt-cache policy $only | grep -q bookworm-updates',
  },
  ...['apt-daily.timer', 'apt-daily.service', 'apt-daily-upgrade.timer', 'apt-daily-upgrade.service'].map(
    (unit) => ({ name: `${unit} is masked`, command: isOnly(`systemctl is-enabled ${unit} || :`, 'masked') }),
  ),
  { name: 'unattended-upgrades is not there', command: '! dpkg -s unattended-upgrades >/dev/null 2>&1' },
  { name: 'build-essential', command: "echo 'int main(){}' | gcc -x c -o /tmp/x - && /tmp/x", set: 'all' },
  { name: 'python3-dev', command: 'python3-config --includes', set: 'all' },
  { name: 'cargo and rustc', command: 'cargo --version && rustc --version', set: 'all' },
  { name: 'npm', command: 'npm --version', set: 'all' },
  { name: 'yarn', command: 'yarn --version', set: 'all' },
  {
    name: 'wget, socat, time, tar and pkg-config',
    command: 'for i in wget socat time tar pkg-config; do type $i; done',
    set: 'all',
  },
];

/** Returns the commands for the image with the packages of a set. */
export function listAcceptanceCommands(set: PackageSet): readonly AcceptanceCommand[] {
  return COMMANDS.filter((command) => command.set === undefined || command.set === set);
}

const PROGRAM = `
check() { # NAME COMMAND
  if output=$(bash -c "$2" 2>&1 </dev/null); then return; fi
  printf '%s: %s\\n' "$1" "$(printf '%s\\n' "$output" | tail -n 1)"
}
`;

/** Runs the commands. Returns the name and the last line of each that failed. `MIRROR` is the URL of the mirror. */
export async function findRefused(guest: Guest, set: PackageSet, mirror: string): Promise<readonly string[]> {
  const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
  const lines = listAcceptanceCommands(set).map(
    ({ name, command }) => `check ${quote(name)} ${quote(command)}`,
  );
  const input = [`export MIRROR=${mirror}`, PROGRAM, ...lines, 'echo end', ''].join('\n');
  const output = (await guest.run('bash -s', { input, seconds: 400 })).split('\n');
  return output.at(-1) === 'end' ? output.slice(0, -1) : [...output, 'the commands did not run to their end'];
}
