import { InputError } from '../../model/errors.ts';
import { parseProxyUrl, renderProxyUrl } from '../../model/proxy-settings.ts';
import { Secret } from '../../model/secret.ts';
import { TRY } from './try-command.ts';

/** The folder of the programs of snaps, which is not in ROOT_ENVIRONMENT. */
export const SNAP_PATH = 'export PATH="$PATH:/snap/bin"';

const FOLDER = '/run/github-runner-image-builder-snap-proxy';
const UNIT_FOLDER = '/run/systemd/system/snapd.service.d';
/** Sorted after the file of the proxy part, whose variables it replaces. */
const DROP_IN = `${UNIT_FOLDER}/60-github-runner-image-builder-snap-proxy.conf`;

/**
 * The shell functions that install snaps: `require_snap PART`, `use_snap_proxy`,
 * `install_snap NAME CHANNEL [FLAG]`, `report_snap NAME`, `is_snap_disabled NAME`. An installation makes up to five
 * attempts, each with a time limit, unless the store has no such channel. snapd verifies what it downloads by the
 * assertions of the store. SNAP_ADVICE says what to do when snapd or the channel is missing; without it, to leave the part out.
 */
export const SNAP = String.raw`${TRY}
require_snap() { # PART
  if command -v snap >/dev/null; then return 0; fi
  echo "there is no command snap in this image; ${'${'}SNAP_ADVICE:-leave the part out with the option guest-parts: -$1}"
  return 1
}

use_snap_proxy() {
  if [ -z "${'${'}SNAP_PROXY-}" ] || [ -e ${DROP_IN} ]; then return 0; fi
  try mkdir -p ${FOLDER} ${UNIT_FOLDER}
  for name in http_proxy https_proxy HTTP_PROXY HTTPS_PROXY; do
    printf '%s=%s\n' "$name" "$SNAP_PROXY"
  done >${FOLDER}/environment
  printf '[Service]\nEnvironmentFile=-%s\n' ${FOLDER}/environment >${DROP_IN}
  try systemctl daemon-reload
  try systemctl restart snapd.service
}

install_snap() { # NAME CHANNEL [FLAG]
  if snap list --all "$1" >/dev/null 2>&1; then return 0; fi
  try_within 300 snap wait system seed.loaded
  for pause in 5 15 30 60 0; do
    code=0
    answer=$(timeout 600 snap install "$1" "--channel=$2" ${'${'}3:+"$3"} 2>&1) || code=$?
    printf '%s\n' "$answer"
    case $answer in *'is not available on'* | *'non-existing branch'*)
      echo "snap install failed: this system cannot have $1 from the channel $2; ${'${'}SNAP_ADVICE:-leave it out with the option guest-parts: -$1}"
      return 1
    esac
    if [ "$code" -eq 0 ]; then return 0; fi
    sleep "$pause"
  done
  echo "snap install failed five times: could not install $1 from the channel $2"
  return 1
}

report_snap() { # NAME
  rows=$(try snap list --all "$1")
  # shellcheck disable=SC2016
  printf '%s\n' "$rows" | try awk -v name="$1" '$1 == name { print "version " name " " $2; exit }'
}

is_snap_disabled() { # NAME
  rows=$(snap list --all "$1" 2>/dev/null) || return 1
  printf '%s\n' "$rows" |
    awk -v name="$1" '$1 == name { if ($NF ~ /disabled/) found = 1; else active = 1 } END { exit !(found && !active) }'
}
`;

/** The shell program that removes the proxy of snapd that was for the build only. */
export const SNAP_CLEAN_UP = `
if [ -e ${DROP_IN} ]; then
  rm -f ${DROP_IN}
  systemctl daemon-reload
fi
rm -rf ${FOLDER}
rmdir ${UNIT_FOLDER} 2>/dev/null || :
`;

/**
 * Returns the environment of SNAP with the HTTP proxy of snapd, which replaces the other proxies for snapd only. Throws
 * InputError when it is not the URL of a proxy.
 */
export function toSnapEnvironment(snapProxy: Secret | undefined): Readonly<Record<string, Secret>> {
  const value = snapProxy?.reveal().trim() ?? '';
  if (value === '') return {};
  const url = parseProxyUrl(value);
  if (url === undefined) {
    throw new InputError([
      'snap-proxy: expected the URL of an HTTP proxy like http://proxy.example.com:3128, with special characters of a ' +
        'password percent-encoded',
    ]);
  }
  return { SNAP_PROXY: new Secret(renderProxyUrl(url)) };
}
