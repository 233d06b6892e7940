#!/bin/bash
# lab-packages.sh ci|all: fills CACHE/packages-SET, which a test serves to guests as their only source of packages.
#   debian/   Debian's own InRelease and Packages files, and the packages of the set with all that base-full lacks. The
#             signatures are Debian's, so a guest checks them as always. The archive of security updates is in the same tree.
#   etc-apt, kilobytes   of base-full: the digests of the files in /etc/apt, the sum of the packages' installed sizes
#   npm/      what npm asks a registry for to download yarn (only in "all")
# Prints the folder. Needs base-full's rootfs in the cache (openstack-lab up) and a way to Debian's mirror and npm's registry.
# The folder is filled anew when its inputs changed, and a day before the first signature expires.
set -Eeuo pipefail
trap 'echo "failed at line $LINENO: $BASH_COMMAND" >&2' ERR
export LC_ALL=C.UTF-8
LAB_HOME=${LAB_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/openstack-lab}
C=$LAB_HOME/cache
MAX_BYTES=1000000000
YARN=1.22.22

# The packages that a set has, with their dependencies but not their recommendations.
CI='docker.io gh jq nftables python-is-python3 python3-pip shellcheck unzip'
ALL='build-essential cargo docker.io gh jq nftables npm pkg-config python-is-python3 python3-dev python3-pip rustc
  shellcheck socat tar time unzip wget'

case ${1:-} in
  ci) WANTED=$CI ;;
  all) WANTED=$ALL ;;
  *) sed -n '2,/^set /{/^#/p}' "$0" >&2; exit 2 ;;
esac
DIR=$C/packages-$1
ROOTFS=$(ls "$C"/rootfs-*.tar)
W=$(mktemp -d "$C/packages.XXXXXX")
trap 'rm -rf "$W"' EXIT

# The guest's own state: what it has installed, its sources and the keys that it trusts.
mkdir -p "$W"/guest "$W"/state/lists/partial "$W"/cache/archives/partial "$W"/none "$W"/new
tar -C "$W/guest" -xf "$ROOTFS" ./var/lib/dpkg/status ./etc/apt
sed -i '/^Package: linux-image/,/^Status:/s/install ok/hold ok/' "$W/guest/var/lib/dpkg/status" # as in base-full

inputs() { { echo "$WANTED"; cat "$0" "$W/guest/var/lib/dpkg/status" "$W/guest/etc/apt/sources.list"; } | sha256sum; }

is_current() {
  local until line
  [ "$(cat "$DIR/inputs" 2>/dev/null)" = "$(inputs)" ] || return 1
  until=$(date -d '+1 day' +%s)
  while read -r line; do
    [ "$(date -d "$line" +%s)" -gt "$until" ] || return 1
  done < <(sed -n 's/^Valid-Until: //p' "$DIR"/debian/dists/*/InRelease)
}

cat >"$W/apt.conf" <<EOF
Dir::Etc "$W/guest/etc/apt";
Dir::Etc::main "$W/none/apt.conf";
Dir::Etc::parts "$W/guest/etc/apt/apt.conf.d";
Dir::Etc::sourceparts "$W/none";
Dir::State "$W/state";
Dir::State::status "$W/guest/var/lib/dpkg/status";
Dir::Cache "$W/cache";
APT::Sandbox::User "root";
APT::Architecture "amd64";
EOF
apt() { APT_CONFIG=$W/apt.conf apt-get -q -y --no-install-recommends "$@"; }

# place URL FILE: moves a file to where its URL has it below the archive
place() {
  local path
  path=$(printf '%b' "${1//%/\\x}") # apt's URLs have %2b for a plus sign
  path=$W/new/debian/${path#*://*/*/}
  mkdir -p "$(dirname "$path")"
  mv "$2" "$path"
}

fetch_indexes() {
  local suite url release sum
  while read -r _ url suite _; do
    url=$url/dists/$suite
    release=$(echo "${url#*://}" | sed 's/_/%5f/g; s,/,_,g')_InRelease
    sum=$(awk '/^SHA256:/ {on = 1} on && $3 == "main/binary-amd64/Packages.xz" {print $1; exit}' "$W/state/lists/$release")
    place "$url/InRelease" "$W/state/lists/$release"
    APT_CONFIG=$W/apt.conf /usr/lib/apt/apt-helper -q download-file "$url/main/binary-amd64/Packages.xz" "$W/index" "SHA256:$sum"
    place "$url/main/binary-amd64/by-hash/SHA256/$sum" "$W/index"
  done <"$W/guest/etc/apt/sources.list"
}

# fetch_packages COMMAND…: the packages that this command of apt-get needs
fetch_packages() {
  local url name bytes
  apt "$@" --print-uris >"$W/uris"
  bytes=$(awk '/^\047/ {sum += $3} END {print sum + 0}' "$W/uris")
  [ "$bytes" -le $MAX_BYTES ] || { echo "$* needs $bytes bytes, more than $MAX_BYTES" >&2; exit 1; }
  apt "$@" --download-only
  while read -r url name _; do
    case $url in "'"*) url=${url//\'/} ;; *) continue ;; esac
    cp "$W/cache/archives/$name" "$W/deb" # a copy, so that the next command does not fetch it again
    place "$url" "$W/deb"
  done <"$W/uris"
}

# npm's own description of the version, reduced to what a download reads
fetch_yarn() {
  mkdir -p "$W/new/npm/yarn/-"
  (cd "$W" && npm pack --silent "yarn@$YARN" >/dev/null && npm view --json "yarn@$YARN" name version bin dist >yarn.json)
  mv "$W/yarn-$YARN.tgz" "$W/new/npm/yarn/-/"
  node -p 'const v = JSON.parse(fs.readFileSync(process.argv[1]));
    JSON.stringify({ name: v.name, "dist-tags": { latest: v.version }, versions: { [v.version]: v } })' \
    "$W/yarn.json" >"$W/new/npm/yarn/index.json"
}

if ! is_current; then
  {
    apt update
    fetch_packages dist-upgrade
    # shellcheck disable=SC2086  # a list of words
    fetch_packages install $WANTED
    fetch_indexes
    [ "$1" != all ] || fetch_yarn
  } >&2
  awk '/^Installed-Size:/ {sum += $2} END {print sum}' "$W/guest/var/lib/dpkg/status" >"$W/new/kilobytes"
  (cd "$W/guest/etc/apt" && find . -type f | sort | xargs sha256sum) >"$W/new/etc-apt"
  inputs >"$W/new/inputs"
  rm -rf "$DIR"
  mv "$W/new" "$DIR"
  echo "$DIR: $(find "$DIR" -name '*.deb' | wc -l) packages, $(du -sm "$DIR" | cut -f1) MB after $SECONDS s" >&2
fi
echo "$DIR"
