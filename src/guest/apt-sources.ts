/** The folder with the original sources while a mirror replaces them. */
const SAVED = '/var/lib/github-runner-apt-sources';
const PARTS = '/etc/apt/sources.list.d';
const FILES = `/etc/apt/sources.list ${PARTS}/*.list ${PARTS}/*.sources`;
/** The permanent source of the 32-bit packages of arm64 images. */
const ARMHF_FILE = `${PARTS}/github-runner-armhf.sources`;
/** The start of the names of sources and keys that only the build uses. */
const BUILD_FILES = 'github-runner-build';
const KEYRINGS = '/etc/apt/keyrings';

/** The shell function that puts the original sources back and removes those of the build. */
export const RESTORE_SOURCES = `
restore_sources() {
  rm -f ${PARTS}/${BUILD_FILES}-* ${KEYRINGS}/${BUILD_FILES}-*
  rm -rf ${SAVED}.new
  if [ ! -d ${SAVED} ]; then return 0; fi
  for copy in ${SAVED}/sources.list ${SAVED}/sources.list.d/*.list ${SAVED}/sources.list.d/*.sources; do
    if [ ! -f "$copy" ]; then continue; fi
    file=/etc/apt\${copy#${SAVED}}
    cp -a "$copy" "$file.new"
    mv "$file.new" "$file"
  done
  rm -rf ${SAVED}
}
`;

// The copies are complete when the folder gets its name, so that an interrupted run never restores half of them. The
// mirror is read from the environment, because arguments of processes can be read by everybody.
/** The shell function that saves the sources, and replaces the addresses in them by that of $APT_MIRROR. */
export const USE_MIRROR = String.raw`
use_mirror() {
  mkdir -p ${SAVED}.new/sources.list.d
  for file in ${FILES}; do
    if [ ! -f "$file" ]; then continue; fi
    cp -a "$file" "${SAVED}.new${'${'}file#/etc/apt}"
  done
  mv ${SAVED}.new ${SAVED}
  export APT_MIRROR
  for file in ${FILES}; do
    if [ ! -f "$file" ]; then continue; fi
    cp -a "$file" "$file.new"
    case $file in *.sources)
      awk '
        tolower($0) ~ /^uris[ \t]*:/ { print "URIs: " ENVIRON["APT_MIRROR"]; inside = 1; next }
        inside && /^[ \t#]/ { next }
        { inside = 0; print }' "$file" >"$file.new"
      ;;
    *)
      awk '
        match($0, /^[ \t]*deb(-src)?[ \t]+(\[[^]]*\][ \t]+)?/) {
          rest = substr($0, RLENGTH + 1)
          if (match(rest, /[ \t]/)) {
            print substr($0, 1, length($0) - length(rest)) ENVIRON["APT_MIRROR"] substr(rest, RSTART)
            next
          }
        }
        { print }' "$file" >"$file.new"
      ;;
    esac
    mv "$file.new" "$file"
  done
}
`;

// Signatures are verified by default; these settings of a base image would turn that off for one source.
/** The shell function that fails when a source may be used without a valid signature. */
export const REQUIRE_SIGNATURES = String.raw`
require_signatures() {
  for file in ${FILES}; do
    if [ ! -f "$file" ]; then continue; fi
    if grep -v '^[[:space:]]*#' "$file" | grep -Eiq '(trusted|allow-insecure|allow-weak)[[:space:]]*[=:][[:space:]]*yes'; then
      echo "$file allows packages without a valid signature: remove its trusted or allow setting from the base image"
      return 1
    fi
  done
}
`;

// Ubuntu keeps the 32-bit packages on other servers than those of arm64. Without the restriction, apt would look for them
// on both and fail. cloud-init would write the sources anew at the first boot, without the restriction.
/** Returns the shell commands that let an arm64 system of a base install 32-bit packages, now and later. */
export const renderArmhfSources = (base: string): string => String.raw`
dpkg --add-architecture armhf
for file in ${FILES}; do
  if [ ! -f "$file" ] || [ "$file" = ${ARMHF_FILE} ]; then continue; fi
  cp -a "$file" "$file.new"
  case $file in *.sources)
    awk '
      tolower($0) ~ /^architectures[ \t]*:/ { next }
      { print }
      tolower($0) ~ /^types[ \t]*:/ { print "Architectures: arm64" }' "$file" >"$file.new"
    ;;
  *)
    awk '
      /^[ \t]*deb(-src)?[ \t]+\[/ { if ($0 !~ /arch=/) sub(/\[/, "[arch=arm64 "); print; next }
      /^[ \t]*deb(-src)?[ \t]/ { match($0, /^[ \t]*deb(-src)?/)
        print substr($0, 1, RLENGTH) " [arch=arm64]" substr($0, RLENGTH + 1); next }
      { print }' "$file" >"$file.new"
    ;;
  esac
  mv "$file.new" "$file"
done
cat >${ARMHF_FILE} <<'END'
Types: deb
URIs: http://ports.ubuntu.com/ubuntu-ports/
Suites: ${base} ${base}-updates ${base}-security
Components: main restricted universe multiverse
Architectures: armhf
Signed-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg
END
mkdir -p /etc/cloud/cloud.cfg.d
printf 'apt:\n  preserve_sources_list: true\n' >/etc/cloud/cloud.cfg.d/99-github-runner-sources.cfg
`;

const GH_KEYRING = `${KEYRINGS}/${BUILD_FILES}-gh.gpg`;
const GH_KEYRING_SHA256 = '6084d5d7bd8e288441e0e94fc6275570895da18e6751f70f057485dc2d1a811b';

// The keyring has the key that expired in September 2026 and its successor.
/** The shell commands that add GitHub's own source of gh for the build. They need the function `fetch`. */
export const ADD_GH_SOURCE = `
mkdir -p ${KEYRINGS}
fetch https://cli.github.com/packages/githubcli-archive-keyring.gpg ${GH_KEYRING}
digest=$(sha256sum ${GH_KEYRING})
digest=\${digest%% *}
if [ "$digest" != ${GH_KEYRING_SHA256} ]; then
  rm ${GH_KEYRING}
  echo "the keyring of cli.github.com is not the known one: expected ${GH_KEYRING_SHA256}, got $digest"
  exit 1
fi
echo 'deb [signed-by=${GH_KEYRING}] https://cli.github.com/packages stable main' >${PARTS}/${BUILD_FILES}-gh.list
`;

const DOTNET_KEY = `${KEYRINGS}/${BUILD_FILES}-dotnet.asc`;
const DOTNET_FINGERPRINT = '45A3F127159BE9E5017811C62125B164E8E5D3FA';
const KEYSERVER = 'https://keyserver.ubuntu.com/pks/lookup?op=get&options=mr&search=0x';

/** Returns the shell commands that add the archive of .NET's backports for the build. They need the function `fetch`. */
export const renderDotnetSource = (base: string): string => `
mkdir -p ${KEYRINGS}
fetch '${KEYSERVER}${DOTNET_FINGERPRINT}' ${DOTNET_KEY}
folder=$(mktemp -d)
keys=$(gpg --homedir "$folder" --batch --with-colons --show-keys ${DOTNET_KEY})
found=$(printf '%s\\n' "$keys" | awk -F: '$1 == "pub" { new = 1 } $1 == "fpr" && new { printf "%s ", $10; new = 0 }')
rm -rf "$folder"
if [ "$found" != '${DOTNET_FINGERPRINT} ' ]; then
  rm ${DOTNET_KEY}
  echo "the key of .NET's backports is not the known one: expected ${DOTNET_FINGERPRINT}, got \${found:-no key}"
  exit 1
fi
cat >${PARTS}/${BUILD_FILES}-dotnet.sources <<'END'
Types: deb
URIs: https://ppa.launchpadcontent.net/dotnet/backports/ubuntu/
Suites: ${base}
Components: main
Signed-By: ${DOTNET_KEY}
END
`;
