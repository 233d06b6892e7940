import type { Arch } from '../../model/image/arch.ts';
import type { Base } from '../../model/image/base.ts';
import { bareName, commandsOf, selectPackages } from '../apt-packages.ts';
import {
  ADD_GH_SOURCE,
  renderArmhfSources,
  renderDotnetSource,
  REQUIRE_SIGNATURES,
  RESTORE_SOURCES,
  USE_MIRROR,
} from '../apt-sources.ts';
import { FETCH } from '../shell/fetch.ts';
import type { GuestPart } from '../guest-part.ts';
import { quoteForShell } from '../../model/text/quote-for-shell.ts';

const LOG = '/run/github-runner-apt.log';
const UNITS = 'apt-daily.timer apt-daily.service apt-daily-upgrade.timer apt-daily-upgrade.service';
const AUTOMATIC = 'unattended-upgrades';

const SETTINGS = [
  'DPkg::Lock::Timeout=300',
  'Dpkg::Use-Pty=0',
  'Dpkg::Options::=--force-confdef',
  'Dpkg::Options::=--force-confold',
  'Acquire::Retries=3',
  'Acquire::http::Timeout=30',
  'Acquire::https::Timeout=30',
  'Acquire::AllowInsecureRepositories=false',
  'Acquire::AllowDowngradeToInsecureRepositories=false',
  'APT::Get::AllowUnauthenticated=false',
  'APT::Install-Recommends=false',
];

// apt-get update exits with 0 when it could not download an index, and the option that changes this is missing on focal.
// Therefore its messages are read. It was seen to hang on a full disk, so a time-out is not retried.
// DPkg::Lock::Timeout does not apply to the lock of the index files.
const FUNCTIONS = String.raw`
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1

apt_get() { # SECONDS ARGUMENTS
  limit=$1
  shift
  code=0
  timeout -k 30 "$limit" apt-get -q -y ${SETTINGS.map((setting) => `-o ${setting}`).join(' ')} "$@" || code=$?
  if [ "$code" -eq 0 ]; then return 0; fi
  if [ "$code" -ge 124 ]; then echo "apt-get $1 took longer than $limit seconds"; fi
  return "$code"
}

fail() { # COMMAND
  echo "apt-get $1 failed: exit code $code"
  exit 1
}

configure_interrupted() {
  tries=0
  while :; do
    code=0
    dpkg --force-confdef --force-confold --configure -a >${LOG} 2>&1 || code=$?
    cat ${LOG}
    if [ "$code" -eq 0 ]; then return 0; fi
    tries=$((tries + 1))
    if [ "$tries" -ge 30 ] || ! grep -q 'lock' ${LOG}; then
      echo "dpkg --configure -a failed: exit code $code"
      return 1
    fi
    sleep 10
  done
}

update_lists() {
  failures=0
  waits=0
  while :; do
    code=0
    apt_get 300 update >${LOG} 2>&1 || code=$?
    cat ${LOG}
    why=$(grep -E '^(Err:|E: |W: (GPG error|An error occurred|Failed to fetch|Some index files))' ${LOG} | tail -n 1 || :)
    if [ "$code" -eq 0 ] && [ -z "$why" ]; then return 0; fi
    case $why in *'get lock'* | *'lock directory'*) waits=$((waits + 1)) ;; *) failures=$((failures + 1)) ;; esac
    if [ "$code" -ge 124 ] || [ "$failures" -ge 3 ] || [ "$waits" -ge 30 ]; then
      echo "apt-get update failed: $(grep -E '^(apt-get |E: |W: (GPG error|Failed to fetch))' ${LOG} | head -n 1)"
      return 1
    fi
    if [ "$waits" -gt 0 ]; then sleep 10; else sleep $((failures * 5)); fi
  done
}

has_candidate() { # PACKAGE
  apt-cache policy -- "$1" >${LOG} 2>&1
  grep -q '^  Candidate: [^(]' ${LOG}
}
`;

// The units are masked by their files, because the services may be masked before systemd knows them.
const STOP_AUTOMATIC = `
mkdir -p /etc/systemd/system
for unit in ${UNITS}; do
  ln -sfn /dev/null "/etc/systemd/system/$unit"
done
if [ -d /run/systemd/system ]; then
  timeout 180 systemctl daemon-reload
  for unit in apt-daily.timer apt-daily-upgrade.timer; do
    timeout 180 systemctl stop "$unit" || echo "$unit could not be stopped; it is off after the next boot"
  done
fi
`;

// All packages are listed, because the exit code of dpkg-query is 1 for a package that dpkg does not know.
const LIST_INSTALLED = String.raw`
dpkg-query -W -f='${'${'}Package} ${'${'}db:Status-Status}\n${'${'}Package}:${'${'}Architecture} ${'${'}db:Status-Status}\n'`;

const PURGE_AUTOMATIC = `
installed=$(${LIST_INSTALLED.trim()})
if printf '%s\\n' "$installed" | grep -qxF '${AUTOMATIC} installed'; then
  apt_get 600 purge ${AUTOMATIC} || fail purge
fi
`;

// The packages are installed before the upgrade, so that a wrong name fails the build at once.
const renderInstall = ({ base, arch, packages: chosen }: AptContent, packages: readonly string[]): string => `
set -- ${packages.map(quoteForShell).join(' ')}
${packages.includes('docker.io') ? 'if has_candidate docker-buildx; then set -- "$@" docker-buildx; fi' : ''}
if [ "$#" -gt 0 ]; then
  apt_get 3000 install -- "$@" || {
    missing=
    for package; do
      has_candidate "\${package%%[=/]*}" || missing="$missing $package"
    done
    if [ -n "$missing" ]; then
      echo "${base} has no package for ${arch} with the name:$missing. ${adviceOn(packages.filter((name) => !chosen.includes(name)))}"
    else
      fail install
    fi
    exit 1
  }
fi
apt_get 3000 upgrade --with-new-pkgs || fail upgrade
for package; do
  package=\${package%%[=/]*}
  case $package in *:*) continue ;; esac
  dpkg-query -W -f='version \${Package} \${Version}\\n' "$package"
done
`;

/** Returns what to do about missing packages. `added` are those that the architecture needs in addition. */
function adviceOn(added: readonly string[]): string {
  const advice = 'Correct the option apt-packages';
  return added.length === 0
    ? advice
    : `${advice}, or build on another base if it is one that this architecture needs (${added.join(', ')})`;
}

const RUSTUP = `
timeout 900 sudo -n -u ubuntu -H rustup default stable || {
  echo 'rustup could not install the stable toolchain'
  exit 1
}
`;

function renderScript(content: AptContent, packages: readonly string[]): string {
  const { base, arch } = content;
  const needsDotnetSource =
    base === 'resolute' && packages.some((name) => /^(dotnet|aspnetcore)-/.test(name));
  return [
    FUNCTIONS,
    FETCH,
    RESTORE_SOURCES,
    USE_MIRROR,
    REQUIRE_SIGNATURES,
    STOP_AUTOMATIC,
    'configure_interrupted',
    'restore_sources',
    'require_signatures',
    ...(arch === 'arm' ? [renderArmhfSources(base)] : []),
    'if [ -n "${APT_MIRROR:-}" ]; then use_mirror; fi',
    ...(base === 'focal' && packages.includes('gh') ? [ADD_GH_SOURCE] : []),
    ...(needsDotnetSource ? [renderDotnetSource(base)] : []),
    'update_lists',
    PURGE_AUTOMATIC,
    renderInstall(content, packages),
    ...(packages.includes('rustup') ? [RUSTUP] : []),
    `rm -f ${LOG}`,
  ].join('\n');
}

const renderCheck = (packages: readonly string[]): string => `
try() {
  answer=$(timeout 60 "$@" 2>&1) || {
    echo "$* failed: $(printf '%s\\n' "$answer" | tail -n 1)"
    exit 1
  }
}
installed=$(${LIST_INSTALLED.trim()})
is_installed() {
  printf '%s\\n' "$installed" | grep -qxF "$1 installed"
}
for package in ${packages.map((name) => quoteForShell(bareName(name))).join(' ')}; do
  if ! is_installed "$package"; then
    echo "the package $package is not installed"
    exit 1
  fi
done
${commandsOf(packages.map(bareName))
  .map((command) => `try ${command}`)
  .join('\n')}
for unit in ${UNITS}; do
  if [ "$(readlink "/etc/systemd/system/$unit" || :)" != /dev/null ]; then
    echo "$unit is not masked"
    exit 1
  fi
done
if is_installed ${AUTOMATIC}; then
  echo '${AUTOMATIC} is installed'
  exit 1
fi
`;

const CLEAN_UP = `
${RESTORE_SOURCES}
restore_sources
apt-get clean
rm -rf /var/lib/apt/lists/* /var/log/apt/* /var/log/unattended-upgrades /root/.npm
rm -f /var/cache/apt/*.bin /var/log/dpkg.log* ${LOG}
`;

/** The packages of an image and where they come from during the build. */
interface AptContent {
  readonly base: Base;
  readonly arch: Arch;
  readonly packages: readonly string[];
  /** The URL that replaces the addresses in the sources of the base image during the build; empty stands for none. */
  readonly mirror: string;
}

/** Returns the part that upgrades the system, installs packages, and turns automatic updates off. */
export function aptPart(content: AptContent): GuestPart {
  const { base, arch, packages, mirror } = content;
  const selected = selectPackages(base, arch, packages);
  return {
    name: 'apt',
    ...(selected.includes('rustup') ? { after: ['users'] } : {}),
    script: renderScript(content, selected),
    environment: mirror === '' ? {} : { APT_MIRROR: mirror },
    check: renderCheck(selected),
    cleanUp: CLEAN_UP,
  };
}
