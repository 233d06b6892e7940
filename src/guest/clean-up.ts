import type { GuestPart } from './guest-part.ts';
import { ROOT_ENVIRONMENT, SCRIPT_FOLDER } from './paths.ts';
import { quoteForShell } from '../model/text/quote-for-shell.ts';

/** The command that runs the clean-up over SSH as the user ubuntu. It reads the program from stdin. */
export const CLEAN_UP_COMMAND = 'sudo -n sh -s';

const FUNCTIONS = `
clean_up_part() { # NAME PROGRAM
  sh -eu -c "$2" 2>&1 || {
    echo "the clean-up of the part $1 failed with exit code $?"
    exit 1
  }
}`;

// Services that write at shutdown are stopped first: the loggers, and the service that saves the random seed when it
// stops.
const STOP_WRITERS = `
if [ -d /run/systemd/system ]; then
  timeout 30 systemctl stop systemd-random-seed.service syslog.socket rsyslog.service >/dev/null 2>&1 || :
  timeout 30 journalctl --relinquish-var >/dev/null 2>&1 || :
fi`;

// cloud-init does nothing when it does not know an option, and older versions lack some. Each attempt and each request for
// its help costs a start of Python, so its source is asked for the newest option where the packages of Ubuntu and Debian
// put it.
//
// Network settings are removed only where cloud-init will write them again; an administrator can disable that.
const CLOUD_INIT = String.raw`
if command -v cloud-init >/dev/null; then
  if ! grep -Eqrs '^[^#]*config"?:[[:space:]]*"?disabled' /etc/cloud/cloud.cfg /etc/cloud/cloud.cfg.d; then
    rm -f /etc/netplan/50-cloud-init.yaml /etc/network/interfaces.d/50-cloud-init* \
      /etc/systemd/network/*cloud-init* /etc/udev/rules.d/70-persistent-net.rules
  fi
  source=/usr/lib/python3/dist-packages/cloudinit/cmd/clean.py
  if [ ! -e "$source" ] || grep -Fq -e --configs "$source"; then
    cloud-init clean --logs --seed --machine-id --configs all >/dev/null 2>&1 && return
  fi
  cloud-init clean --logs --seed --machine-id >/dev/null 2>&1 ||
    cloud-init clean --logs --seed >/dev/null
fi`;

// An empty machine-id is filled at boot. With a missing one, or with "uninitialized", which newer cloud-init writes,
// systemd would also reset which services are enabled.
const IDENTITY = `
rm -f /etc/ssh/ssh_host_* /etc/dropbear/*
rm -f /var/lib/systemd/random-seed /var/lib/systemd/credential.secret /var/lib/urandom/random-seed
if [ -e /etc/machine-id ] || [ -d /etc/systemd ]; then : >/etc/machine-id; fi
if [ -f /var/lib/dbus/machine-id ]; then ln -sf /etc/machine-id /var/lib/dbus/machine-id; fi
rm -rf /var/lib/dhcp/* /var/lib/dhclient/* /var/lib/NetworkManager/*.lease`;

const HOME_FOLDERS = `
for home in /root /home/*; do
  rm -f "$home"/.ssh/authorized_keys "$home"/.ssh/authorized_keys2
  rm -f "$home"/.*_history "$home"/.lesshst "$home"/.viminfo "$home"/.wget-hsts
  rm -rf "$home"/actions-runner/_diag
done`;

const CACHES = `
if command -v apt-get >/dev/null; then apt-get clean; fi
rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/crash/* /var/lib/systemd/coredump/*`;

// Current log files are emptied, since a service may expect its file to exist. Rotated log files are deleted.
const LOGS = String.raw`
rm -rf /var/log/journal/*
if [ -d /var/log ]; then
  find /var/log -xdev -type f \( -name '*.[0-9]' -o -name '*.gz' -o -name '*.xz' -o -name '*.old' \) -exec rm -f {} +
  find /var/log -xdev -type f -exec sh -c 'for file; do : >"$file"; done' sh {} +
fi`;

// Busybox find has no -delete. A mount point cannot be removed, but mounted file systems are not part of the image.
const TEMPORARY = `
for folder in /tmp /var/tmp; do
  if [ ! -d "$folder" ]; then continue; fi
  find "$folder" -xdev -mindepth 1 ! -type d -exec rm -f {} +
  find "$folder" -xdev -depth -mindepth 1 -type d -exec rmdir {} + 2>/dev/null || :
done`;

/** The start of the line with which the clean-up reports that the disk could not be trimmed. */
const TRIM_FAILURE = 'not trimmed: ';

// The blocks of deleted files stay in the image, unless the disk can discard them. Filling them with zeros instead would
// write the whole disk.
const TRIM = `
sync
reason=$(timeout 120 fstrim / 2>&1) ||
  printf '${TRIM_FAILURE}%s\\n' "$(printf '%s\\n' "\${reason:-it took too long}" | tail -n 1)"`;

/** Returns why the disk could not be trimmed, from the output of the clean-up; undefined when it was trimmed. */
export function findTrimFailure(output: string): string | undefined {
  const line = output.split('\n').find((one) => one.startsWith(TRIM_FAILURE));
  return line?.slice(TRIM_FAILURE.length).trim();
}

/**
 * Returns a shell program that removes everything specific to this server or this build from the guest. The clean-ups of
 * the parts come first, that of the last part before the others; one that fails ends the program.
 */
export function renderCleanUp(parts: readonly Pick<GuestPart, 'name' | 'cleanUp'>[]): string {
  return [
    'main() {',
    'set -eu',
    'cd /',
    ROOT_ENVIRONMENT,
    FUNCTIONS,
    ...parts.toReversed().flatMap(renderPart),
    `rm -rf ${SCRIPT_FOLDER}`,
    'clean_cloud_init() {',
    CLOUD_INIT,
    '}',
    // Two programs that mostly wait. The rest of the clean-up deletes what both of them write.
    'clean_cloud_init &',
    STOP_WRITERS,
    'wait "$!"',
    IDENTITY,
    HOME_FOLDERS,
    CACHES,
    LOGS,
    TEMPORARY,
    TRIM,
    "echo 'clean-up done'",
    '}',
    'main </dev/null',
    '',
  ].join('\n');
}

function renderPart({ name, cleanUp }: Pick<GuestPart, 'name' | 'cleanUp'>): readonly string[] {
  return cleanUp === undefined ? [] : [`clean_up_part ${name} ${quoteForShell(cleanUp)}`];
}
