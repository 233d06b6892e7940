import { type Channel, NO_CHANNEL } from '../../model/image/channel.ts';
import type { GuestContentOptions } from '../../model/guest/guest-options.ts';
import type { Secret } from '../../model/secret.ts';
import { UBUNTU_USER } from '../../model/guest/ubuntu-user.ts';
import { renderStep, renderStepCheck, WIPE } from '../first-boot.ts';
import type { GuestPart } from '../guest-part.ts';
import { quoteForShell } from '../../model/text/quote-for-shell.ts';
import { SNAP, SNAP_CLEAN_UP, SNAP_PATH, toSnapEnvironment } from '../shell/snap.ts';

const NAME = 'juju';
const STEP = '20-juju';
/** The channel of LXD for base images without it: its long-term support, for all architectures. */
const LXD_CHANNEL = '5.21/stable';
const LXD_FOLDER = '/var/snap/lxd/common/lxd';
/** The keys of LXD, which makes them when they are missing, and the controllers and credentials of Juju's and LXD's users. */
const SECRETS = [
  ...['server.key', 'server.crt', 'cluster.key', 'cluster.crt'].map((file) => `${LXD_FOLDER}/${file}`),
  ...['/root', '/home/*'].flatMap((home) => [
    `${home}/.local/share/juju`,
    `${home}/snap/lxd`,
    `${home}/snap/juju`,
  ]),
].join(' ');

/** The settings that determine how Juju is installed. */
export interface JujuOptions {
  readonly channel: Channel;
  /** Reports whether the image has MicroK8s, which then gets a controller, too. */
  readonly hasMicrok8s: boolean;
  readonly bootstrap: GuestContentOptions['bootstrap'];
  /** An HTTP proxy of snapd for the build. */
  readonly snapProxy: Secret | undefined;
}

// The snap of Juju 2 is classic, that of later versions strict. A strict snap does not create the folder for its data.
// Programs of snaps need the session of their user, which exists because the user lingers. sudo reads the groups anew.
const BOOTSTRAP = `
as_ubuntu() { # SECONDS COMMAND...
  limit=$1
  shift
  uid=$(id -u ${UBUNTU_USER})
  timeout "$limit" sudo -n -u ${UBUNTU_USER} -H env "PATH=$PATH" "XDG_RUNTIME_DIR=/run/user/$uid" \\
    "DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/$uid/bus" "$@" || name_failure "$?" "$@"
}

bootstrap() { # CLOUD
  if as_ubuntu 60 juju show-controller "$1" >/dev/null 2>&1; then return 0; fi
  as_ubuntu 900 juju bootstrap "$1" "$1"
}

# shellcheck disable=SC2016
as_ubuntu 60 sh -c 'mkdir -p "$HOME/.local/share"'
try_within 130 lxd waitready --timeout=120
try_within 300 lxd init --auto
bootstrap localhost
`;

const bootstrapAll = (hasMicrok8s: boolean): string =>
  hasMicrok8s ? `${BOOTSTRAP}bootstrap microk8s\n` : BOOTSTRAP;

const snapsCheck = `
for name in ${NAME} lxd; do
  snap list "$name" >/dev/null 2>&1 || {
    echo "the snap $name is not installed"
    exit 1
  }
done
`;

const controllersCheck = (hasMicrok8s: boolean): string => `${SNAP_PATH}
check_controller() { # NAME
  sudo -n -u ${UBUNTU_USER} -H env "PATH=$PATH" juju show-controller "$1" >/dev/null 2>&1 || {
    echo "Juju has no controller $1"
    exit 1
  }
}
check_controller localhost
${hasMicrok8s ? 'check_controller microk8s' : ''}
`;

// LXD starts again when a program connects to it.
const BOOT_CLEAN_UP = `
if [ -e ${LXD_FOLDER} ]; then try_within 120 snap stop lxd; fi
wipe ${SECRETS}
for path in ${SECRETS}; do
  if [ -e "$path" ]; then
    echo "$path, which has keys of LXD or Juju, could not be removed"
    exit 1
  fi
done
`;

/**
 * Returns the part that installs Juju and LXD. The controllers are bootstrapped at the first boot of each server, or in
 * the build, and then all servers have the same. Undefined for an image without Juju.
 */
export function jujuPart(options: JujuOptions): GuestPart | undefined {
  const { channel, hasMicrok8s, bootstrap, snapProxy } = options;
  if (channel === NO_CHANNEL) return undefined;
  const isBoot = bootstrap === 'boot';
  const snap = [NAME, channel, ...(channel.startsWith('2.') ? ['--classic'] : [])]
    .map(quoteForShell)
    .join(' ');
  const install = `${SNAP}${SNAP_PATH}
SNAP_ADVICE='correct the option juju-channels'
require_snap ${NAME}
use_snap_proxy
install_snap lxd ${LXD_CHANNEL}
install_snap ${snap}
report_snap ${NAME}
report_snap lxd
`;
  const program = bootstrapAll(hasMicrok8s);
  return {
    name: NAME,
    after: ['users', 'aproxy', 'opentelemetry-collector', 'microk8s'],
    script: isBoot ? `${install}${renderStep(STEP, program)}` : `${install}${program}`,
    environment: toSnapEnvironment(snapProxy),
    check: `${snapsCheck}${isBoot ? renderStepCheck(STEP, []) : ''}${controllersCheck(hasMicrok8s)}`,
    cleanUp: isBoot ? `${SNAP}${WIPE}${BOOT_CLEAN_UP}${SNAP_CLEAN_UP}` : SNAP_CLEAN_UP,
  };
}
