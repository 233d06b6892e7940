import { ROOT_ENVIRONMENT, SCRIPT_FOLDER, STATE_FOLDER } from './paths.ts';

/** The command that runs the clean-up over SSH as the user ubuntu. It reads the program from stdin. */
export const CLEAN_UP_COMMAND = 'sudo -n sh -s';

// Services that write at shutdown are stopped first: the loggers, and the service that saves the random seed when it
// stops.
const STOP_WRITERS = `
if [ -d /run/systemd/system ]; then
  timeout 30 systemctl stop systemd-random-seed.service syslog.socket rsyslog.service >/dev/null 2>&1 || :
  timeout 30 journalctl --relinquish-var >/dev/null 2>&1 || :
fi`;

// Network settings are removed only where cloud-init will write them again; an administrator can disable that.
const CLOUD_INIT = String.raw`
if command -v cloud-init >/dev/null; then
  if ! grep -Eqrs '^[^#]*config"?:[[:space:]]*"?disabled' /etc/cloud/cloud.cfg /etc/cloud/cloud.cfg.d; then
    rm -f /etc/netplan/50-cloud-init.yaml /etc/network/interfaces.d/50-cloud-init* \
      /etc/systemd/network/*cloud-init* /etc/udev/rules.d/70-persistent-net.rules
  fi
  help=$(cloud-init clean --help 2>&1 || :)
  set --
  for option in --logs --machine-id --seed; do
    case $help in *"$option"*) set -- "$@" "$option" ;; esac
  done
  case $help in *--configs*) set -- "$@" --configs all ;; esac
  cloud-init clean "$@" >/dev/null
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

/** Returns a shell program that removes everything specific to this server or this build from the guest. */
export function renderCleanUp(): string {
  return [
    'main() {',
    'set -eu',
    'cd /',
    ROOT_ENVIRONMENT,
    STOP_WRITERS,
    `rm -rf ${STATE_FOLDER} ${SCRIPT_FOLDER}`,
    CLOUD_INIT,
    IDENTITY,
    HOME_FOLDERS,
    CACHES,
    LOGS,
    TEMPORARY,
    'sync',
    "echo 'clean-up done'",
    '}',
    'main </dev/null',
    '',
  ].join('\n');
}
