import { InputError } from '../../model/errors.ts';
import { listKeptProxyProblems, type ProxySettings } from '../../model/proxy-settings.ts';
import { Secret } from '../../model/secret.ts';
import { type GuestProxy, PROXY_ENVIRONMENT, PROXY_FOLDER, toGuestProxy } from '../guest-proxy.ts';
import type { GuestPart } from '../guest-part.ts';
import { quoteForShell } from '../../model/text/quote-for-shell.ts';
import { TRY } from '../shell/try-command.ts';

/** The option that keeps the proxy in the image. */
export interface ProxyOptions {
  readonly proxy: ProxySettings | undefined;
  /** Reports whether the proxy stays in the image (the option runner-proxy). */
  readonly isKept: boolean;
}

const NAME = 'github-runner-image-builder-proxy';
const APT = `/etc/apt/apt.conf.d/95${NAME}`;
const SUDO = `/etc/sudoers.d/${NAME}`;
const BEGIN = `# BEGIN ${NAME}`;
const END = `# END ${NAME}`;
const SERVICES = 'snapd docker';

/** The places of a proxy: on a tmpfs for a build, so that nothing reaches the disk, and in /etc for one that stays. */
const PLACES = {
  build: { apt: `${PROXY_FOLDER}/apt.conf`, units: '/run/systemd/system', variables: PROXY_ENVIRONMENT },
  kept: { apt: APT, units: '/etc/systemd/system', variables: '/etc/environment' },
} as const;

const withoutBlock = (file: string): string => `sed '/^${BEGIN}/,/^${END}/d' ${file}`;

// /etc/environment is read by PAM for logins and sudo. It is the only file on the disk with the proxy of a build. It keeps
// its inode, and the lines are at the top, so that the rest stays as it was, also without a newline at its end.
// sudo of Debian drops the variables of the login that it does not know.
const script = (
  { apt, units, variables }: (typeof PLACES)['build' | 'kept'],
  isKept: boolean,
): string => `${TRY}
print_variables() { # OWN-ADDRESSES
  if [ -n "$PROXY_HTTP" ]; then printf '%s\\n' "http_proxy=$PROXY_HTTP" "HTTP_PROXY=$PROXY_HTTP"; fi
  if [ -n "$PROXY_HTTPS" ]; then printf '%s\\n' "https_proxy=$PROXY_HTTPS" "HTTPS_PROXY=$PROXY_HTTPS"; fi
  bypass=localhost,127.0.0.0/8,127.0.0.1,::1,169.254.169.254$1\${PROXY_BYPASS:+,$PROXY_BYPASS}
  printf '%s\\n' "no_proxy=$bypass" "NO_PROXY=$bypass"
}

print_apt() {
  printf 'Acquire::http::Proxy "%s";\\n' "\${PROXY_HTTP:-DIRECT}"
  printf 'Acquire::https::Proxy "%s";\\n' "\${PROXY_HTTPS:-DIRECT}"
  for host in localhost 127.0.0.1 169.254.169.254 $PROXY_DIRECT; do
    printf 'Acquire::%s::Proxy::%s "DIRECT";\\n' http "$host" https "$host"
  done
}

restart_service() { # NAME
  if systemctl is-active --quiet "$1.service"; then try systemctl restart "$1.service"; fi
}

try mkdir -p ${PROXY_FOLDER}
try ip -o addr show scope global >${PROXY_FOLDER}/addresses
own=$(awk '{ sub("/.*", "", $4); printf ",%s", $4 }' ${PROXY_FOLDER}/addresses) ||
  name_failure "$?" awk
print_variables "$own" >${PROXY_ENVIRONMENT}

new=' new file'
: >${PROXY_FOLDER}/rest
if [ -e /etc/environment ]; then
  grep -q '^${BEGIN} new file$' /etc/environment || new=
  try ${withoutBlock('/etc/environment')} >${PROXY_FOLDER}/rest
fi
{
  echo "${BEGIN}$new"
  print_variables ${isKept ? "''" : '"$own"'}
  echo '${END}'
  try cat ${PROXY_FOLDER}/rest
} >${PROXY_FOLDER}/merged
try cat ${PROXY_FOLDER}/merged >/etc/environment

if [ -d /etc/apt ]; then
  try mkdir -p /etc/apt/apt.conf.d
  try rm -f ${APT}
  print_apt >${apt}
  ${isKept ? ':' : `try ln -s ${apt} ${APT}`}
fi

if [ -d /etc/sudoers.d ]; then
  echo 'Defaults env_keep += "http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY"' >${SUDO}
  try chmod 0440 ${SUDO}
fi

add_drop_ins() {
  for service in ${SERVICES}; do
    try mkdir -p "${units}/$service.service.d"
    printf '[Service]\\nEnvironmentFile=-%s\\n' ${variables} >"${units}/$service.service.d/50-${NAME}.conf"
  done
}

if [ -d /run/systemd/system ]; then
  add_drop_ins
  try systemctl daemon-reload
  for service in ${SERVICES}; do restart_service "$service"; done
${isKept ? 'else\n  add_drop_ins\n' : ''}fi
`;

// The old content of the file is overwritten in its blocks first, because an image also contains the blocks of deleted
// files. npm writes logs of its requests.
const cleanUp = (units: string): string => `${TRY}
if grep -qs '^${BEGIN}' /etc/environment; then
  new=
  if grep -q '^${BEGIN} new file$' /etc/environment; then new=1; fi
  try ${withoutBlock('/etc/environment')} >${PROXY_FOLDER}/rest
  size=$(wc -c </etc/environment) || name_failure "$?" wc
  printf "%\${size}s" '' | try dd of=/etc/environment conv=notrunc,fsync status=none
  if [ -n "$new" ] && [ ! -s ${PROXY_FOLDER}/rest ]; then
    try rm -f /etc/environment
  else
    try cat ${PROXY_FOLDER}/rest >/etc/environment
  fi
fi
try rm -f ${APT} ${SUDO}
for service in ${SERVICES}; do
  try rm -f "${units}/$service.service.d/50-${NAME}.conf"
  if [ -d "${units}/$service.service.d" ]; then rmdir "${units}/$service.service.d" 2>/dev/null || :; fi
done
try rm -rf ${PROXY_FOLDER} /root/.npm/_logs /home/*/.npm/_logs
if [ -d /run/systemd/system ]; then try systemctl daemon-reload; fi
`;

const KEPT_CLEAN_UP = `${TRY}
try rm -rf ${PROXY_FOLDER} /root/.npm/_logs /home/*/.npm/_logs
`;

// The folder on the tmpfs exists on the build server only, until the clean-up.
const buildCheck = `
if [ -d ${PROXY_FOLDER} ]; then
  grep -q '^no_proxy=' /etc/environment || {
    echo '/etc/environment does not name the proxy of the build'
    exit 1
  }
  if [ -d /etc/apt ] && [ ! -e ${APT} ]; then
    echo 'apt has no proxy: ${APT} does not exist or has no target'
    exit 1
  fi
  exit 0
fi
if grep -qs '^${BEGIN}' /etc/environment || [ -e ${SUDO} ] || [ -L ${APT} ] || [ -e ${APT} ]; then
  echo 'the proxy of the build is still in /etc/environment, ${APT} or ${SUDO}'
  exit 1
fi
`;

const keptCheck = ({ http, https }: GuestProxy): string => `
for line in ${[...lineOf('http_proxy', http), ...lineOf('https_proxy', https)].map(quoteForShell).join(' ')}; do
  grep -qxF "$line" /etc/environment || {
    echo "/etc/environment does not contain $line"
    exit 1
  }
done
if [ -d /etc/apt ] && [ ! -f ${APT} ]; then
  echo 'apt has no proxy: there is no file ${APT}'
  exit 1
fi
for service in ${SERVICES}; do
  file=${PLACES.kept.units}/$service.service.d/50-${NAME}.conf
  if [ ! -f "$file" ]; then
    echo "$service has no proxy: there is no file $file"
    exit 1
  fi
done
`;

function lineOf(name: string, value: string): readonly string[] {
  return value === '' ? [] : [`${name}=${value}`];
}

/**
 * Returns the part that directs apt, snapd, Docker, npm and the environment of logins through the proxy, or undefined
 * without a proxy. npm reads the environment. The proxy leaves the image with the clean-up unless it is kept. Throws
 * InputError for a kept proxy with a login and for invalid settings.
 */
export function proxyPart({ proxy, isKept }: ProxyOptions): GuestPart | undefined {
  const settings = toGuestProxy(proxy);
  if (settings === undefined || proxy === undefined) return undefined;
  const values = variablesOf(settings);
  if (!isKept) {
    const environment = Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        name,
        value.includes('://') ? new Secret(value) : value,
      ]),
    );
    const { build } = PLACES;
    return {
      name: 'proxy',
      script: script(build, false),
      environment,
      check: buildCheck,
      cleanUp: cleanUp(build.units),
    };
  }
  const problems = listKeptProxyProblems(proxy);
  if (problems.length > 0) throw new InputError(problems);
  // The values are a part of the script, so that another proxy means another image.
  const assignments = Object.entries(values).map(([name, value]) => `${name}=${quoteForShell(value)}\n`);
  return {
    name: 'proxy',
    script: `${assignments.join('')}${script(PLACES.kept, true)}`,
    check: keptCheck(settings),
    cleanUp: KEPT_CLEAN_UP,
  };
}

function variablesOf({ http, https, bypass }: GuestProxy): Readonly<Record<string, string>> {
  // apt knows neither networks nor subdomains in its own settings.
  const direct = bypass.filter((entry) => /^[a-z0-9][a-z0-9.-]*$/i.test(entry));
  return {
    PROXY_HTTP: http,
    PROXY_HTTPS: https,
    PROXY_BYPASS: bypass.join(','),
    PROXY_DIRECT: direct.join(' '),
  };
}
