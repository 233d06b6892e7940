import { type Channel, NO_CHANNEL } from '../../model/image/channel.ts';
import type { GuestContentOptions } from '../../model/guest/guest-options.ts';
import type { Secret } from '../../model/secret.ts';
import { UBUNTU_USER } from '../../model/guest/ubuntu-user.ts';
import { withoutTrailing } from '../../model/text/without-trailing.ts';
import { KEPT_SNAP, keptFile, renderStep, renderStepCheck, WIPE } from '../first-boot.ts';
import type { GuestPart } from '../guest-part.ts';
import { quoteForShell } from '../../model/text/quote-for-shell.ts';
import { SNAP, SNAP_CLEAN_UP, SNAP_PATH, toSnapEnvironment } from '../shell/snap.ts';
import { ADD_MEMBER, ALIAS } from './users.ts';

const NAME = 'microk8s';
const HOSTS_FOLDER = '/var/snap/microk8s/current/args/certs.d/docker.io';
const IMAGES = keptFile('microk8s-images.tar');
const STEP = '10-microk8s';
const ADDONS = 'dns hostpath-storage registry';
const LINKS = keptFile('wipe');
const KUBELET = '/var/snap/microk8s/common/var/lib/kubelet';
/** The folders with keys, tokens and the identity of the node, and those that could contain copies. */
const SECRETS = '/var/snap/microk8s /root/snap/microk8s /home/*/snap/microk8s /root/.kube /home/*/.kube';

/** The settings that determine how MicroK8s is installed. */
export interface Microk8sOptions {
  readonly channel: Channel;
  readonly bootstrap: GuestContentOptions['bootstrap'];
  /** URL of a cache of Docker Hub; empty: none. */
  readonly dockerhubCache: string;
  /** An HTTP proxy of snapd for the build. */
  readonly snapProxy: Secret | undefined;
}

/** Reports whether a channel has the strictly confined snap, whose tracks have "strict" in their name. */
function isStrict(channel: Channel): boolean {
  return channel.includes('strict');
}

// containerd asks for the API below the path of the URL if there is one, and below /v2 otherwise.
const useCache = (cache: string): string => {
  const url = withoutTrailing('/', cache);
  const lines = [
    `server = ${JSON.stringify(url)}`,
    '',
    `[host.${JSON.stringify(url)}]`,
    'capabilities = ["pull", "resolve"]',
    ...(new URL(url).pathname === '/' ? [] : ['override_path = true']),
  ];
  return `
try mkdir -p ${HOSTS_FOLDER}
printf '%s\\n' ${lines.map(quoteForShell).join(' ')} >${HOSTS_FOLDER}/hosts.toml
try_within 300 microk8s stop
try_within 300 microk8s start
`;
};

const WAIT_READY = 'try_within 630 microk8s status --wait-ready --timeout 600';

// The add-ons are ready when their deployments are, and then their images are in the store of containerd.
const start = (cache: string, beforeAddons: string): string => `
${cache === '' ? '' : useCache(cache)}
${WAIT_READY}
${beforeAddons}
for addon in ${ADDONS}; do
  try_within 600 microk8s enable "$addon"
done
${WAIT_READY}
try_within 630 microk8s kubectl wait deployment --all --all-namespaces --for=condition=Available --timeout=600s
`;

// A strict snap cannot open files outside of its folders, but reads and writes the streams that it inherits.
const KEEP_IMAGES = `
if [ ! -s ${IMAGES} ]; then
  names=$(try microk8s ctr images list -q)
  names=$(printf '%s\\n' "$names" | try awk '!/sha256:/')
  if [ -z "$names" ]; then
    echo 'MicroK8s has no container images after its add-ons are ready'
    exit 1
  fi
  # shellcheck disable=SC2086
  try_within 900 microk8s ctr images export - $names >${IMAGES}.new
  try mv ${IMAGES}.new ${IMAGES}
fi
`;

const RESTORE_IMAGES = `try_within 300 microk8s ctr images import - <${IMAGES}`;

// MicroK8s makes its authority, certificates, tokens and the identity of its node when the snap is installed, and keeps
// copies of them in many files and in its database. Removing all data of the snap does not depend on their names. An image
// also contains the blocks of deleted files, so the files are overwritten, through links that outlive the snap's own. The
// volumes of pods stay mounted when MicroK8s stops. They are in memory, and no link can lead into them.
const PURGE = `${WIPE}
unmount_volumes() {
  mounts=$(try awk -v root=${KUBELET}/ 'index($2, root) == 1 { print $2 }' /proc/mounts)
  for mount in $(printf '%s\\n' "$mounts" | sort -r); do try umount -l "$mount"; done
}

purge_microk8s() {
  installed=
  if snap list --all ${NAME} >/dev/null 2>&1; then
    installed=1
    try_within 120 microk8s stop
  fi
  unmount_volumes
  if [ -n "$installed" ]; then
    try mkdir -p ${LINKS}
    number=0
    for path in /var/snap/microk8s/*/certs /var/snap/microk8s/*/credentials /var/snap/microk8s/*/args \\
      /var/snap/microk8s/*/var/kubernetes ${KUBELET}; do
      if [ ! -d "$path" ]; then continue; fi
      number=$((number + 1))
      try cp -al "$path" "${LINKS}/$number"
    done
    try_within 600 snap remove --purge ${NAME}
  fi
  wipe ${LINKS} ${SECRETS}
  for path in ${LINKS} ${SECRETS}; do
    if [ -e "$path" ]; then
      echo "$path, which has keys of MicroK8s, could not be removed"
      return 1
    fi
  done
}
`;

function groupsCheck(group: string): string {
  return `
for user in ${UBUNTU_USER} ${ALIAS}; do
  members=$(awk -F: -v group=${group} '$1 == group { print $4 }' /etc/group)
  case ",$members," in *",$user,"*) ;; *)
    echo "the user $user is not in the group ${group}"
    exit 1
  esac
done
`;
}

const READY_CHECK = `${SNAP_PATH}
snap list ${NAME} >/dev/null 2>&1 || {
  echo 'the snap ${NAME} is not installed'
  exit 1
}
timeout 130 microk8s status --wait-ready --timeout 120 >/dev/null || {
  echo 'MicroK8s is not ready'
  exit 1
}
`;

/**
 * Returns the part that installs MicroK8s with its add-ons. With the bootstrap at boot, only the snap and the container
 * images stay in the image, and each server installs them at its first boot, so that it has keys of its own. Undefined for an
 * image without MicroK8s.
 */
export function microk8sPart(options: Microk8sOptions): GuestPart | undefined {
  const { channel, bootstrap, dockerhubCache: cache, snapProxy } = options;
  if (channel === NO_CHANNEL) return undefined;
  const isBoot = bootstrap === 'boot';
  const group = isStrict(channel) ? 'snap_microk8s' : 'microk8s';
  const snap = [NAME, channel, ...(isStrict(channel) ? [] : ['--classic'])].map(quoteForShell).join(' ');
  const install = `${SNAP}${ADD_MEMBER}${SNAP_PATH}
SNAP_ADVICE='correct the option microk8s-channels'
require_snap ${NAME}
use_snap_proxy
`;
  const join = [UBUNTU_USER, ALIAS].map((user) => `try add_member ${user} ${group}\n`).join('');
  const step = `${KEPT_SNAP}restore_snap ${snap}\n${start(cache, RESTORE_IMAGES)}`;
  const keep = `
if [ -s ${keptFile(`${NAME}.snap`)} ]; then
  restore_snap ${snap}
else
  install_snap ${snap}
fi
report_snap ${NAME}
${join}${start(cache, '')}
keep_snap ${NAME}
${KEEP_IMAGES}${renderStep(STEP, step)}purge_microk8s
`;
  const script = isBoot
    ? `${install}${KEPT_SNAP}${PURGE}${keep}`
    : `${install}install_snap ${snap}\nreport_snap ${NAME}\n${join}${start(cache, '')}`;
  const files = [`${NAME}.snap`, 'microk8s-images.tar'];
  return {
    name: NAME,
    // snapd restarts when it gets another proxy, which must not interrupt an installation.
    after: ['users', 'aproxy', 'opentelemetry-collector'],
    script,
    environment: toSnapEnvironment(snapProxy),
    check: `${groupsCheck(group)}${isBoot ? renderStepCheck(STEP, files) : ''}${READY_CHECK}`,
    cleanUp: isBoot ? `${SNAP}${SNAP_PATH}${PURGE}purge_microk8s\n${SNAP_CLEAN_UP}` : SNAP_CLEAN_UP,
  };
}
