import type { ProxySettings } from '../../model/proxy-settings.ts';
import type { Secret } from '../../model/secret.ts';
import type { GuestPart } from '../guest-part.ts';
import { type AproxyTargets, toAproxyTargets, toGuestProxy } from '../guest-proxy.ts';
import { APROXY_PORT, renderRulesLoader } from '../proxy-rules.ts';
import { quoteForShell } from '../../model/text/quote-for-shell.ts';
import { SNAP, SNAP_CLEAN_UP, toSnapEnvironment } from '../shell/snap.ts';

const FOLDER = '/run/github-runner-image-builder-aproxy';
const BUILD_UNIT = 'github-runner-image-builder-aproxy.service';
const BUILD_UNIT_FILE = `/run/systemd/system/${BUILD_UNIT}`;
const PROGRAM = '/snap/aproxy/current/bin/aproxy';
const KEPT_FOLDER = '/etc/aproxy';
const KEPT_UNIT = 'aproxy-rules.service';
const KEPT_UNIT_FILE = `/etc/systemd/system/${KEPT_UNIT}`;
const LISTENING = `:${APROXY_PORT.toString(16).toUpperCase()} [0-9A-F:]* 0A `;

// Older Ubuntu has no nft; consumers need it for the rules of their own, too.
const install = `${SNAP}
require_snap aproxy
use_snap_proxy
install_snap aproxy latest/edge
if ! command -v nft >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  try apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends nftables
fi
report_snap aproxy
`;

const waitForPort = `
seconds=0
until grep -qs '${LISTENING}' /proc/net/tcp /proc/net/tcp6; do
  seconds=$((seconds + 1))
  if [ "$seconds" -gt 30 ]; then
    echo 'aproxy does not listen on port ${APROXY_PORT} after 30 seconds'
    exit 1
  fi
  sleep 1
done
`;

// "snap set" would leave the proxy in the state of snapd, which keeps the arguments of its changes for a day. The program
// of the snap runs in a unit on the tmpfs instead. Older versions have one flag for both proxies.
const forBuild = `
try mkdir -p ${FOLDER}
printf '%s' "$APROXY_RULES" >${FOLDER}/load-rules
${PROGRAM} -h >${FOLDER}/help 2>&1 || :
if grep -q -e '-http-proxy' ${FOLDER}/help; then
  flags="\${APROXY_HTTP:+--http-proxy=http://$APROXY_HTTP} \${APROXY_HTTPS:+--https-proxy=http://$APROXY_HTTPS}"
elif grep -q -e '-proxy' ${FOLDER}/help; then
  flags="--proxy=\${APROXY_HTTPS:-$APROXY_HTTP}"
else
  echo '${PROGRAM} has neither a flag --http-proxy nor --proxy'
  exit 1
fi
try mkdir -p /run/systemd/system
printf '[Service]\\nDynamicUser=yes\\nRestart=on-failure\\nExecStart=%s %s --listen=:%s\\n' \\
  ${PROGRAM} "$flags" ${APROXY_PORT} >${BUILD_UNIT_FILE}
try systemctl daemon-reload
try systemctl restart ${BUILD_UNIT}
${waitForPort}
try sh ${FOLDER}/load-rules
`;

const KEPT_UNIT_TEXT = `[Unit]
Description=Redirect connections of programs that know no proxy to aproxy
Wants=network-online.target
After=network-online.target snap.aproxy.aproxy.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh ${KEPT_FOLDER}/load-rules

[Install]
WantedBy=multi-user.target
`;

// Older versions of the snap know the option proxy, newer ones the other two.
const forKept = ({ http, https }: AproxyTargets): string => {
  const options = [
    `proxy=${https ?? http ?? ''}`,
    ...(http === undefined ? [] : [`http.proxy=http://${http}`]),
    ...(https === undefined ? [] : [`https.proxy=http://${https}`]),
    `listen=:${APROXY_PORT}`,
  ];
  return `
try snap set aproxy ${options.map(quoteForShell).join(' ')}
try snap start --enable aproxy
${waitForPort}
try mkdir -p ${KEPT_FOLDER} /etc/systemd/system
printf '%s' "$APROXY_RULES" >${KEPT_FOLDER}/load-rules
printf '%s' ${quoteForShell(KEPT_UNIT_TEXT)} >${KEPT_UNIT_FILE}
try systemctl daemon-reload
try systemctl enable ${KEPT_UNIT}
try systemctl restart ${KEPT_UNIT}
`;
};

const UNUSABLE = `
echo 'aproxy stays unconfigured: it can use only a proxy with the scheme http and without a login'
`;

const buildCleanUp = `${SNAP_CLEAN_UP}
if [ -d ${FOLDER} ]; then
  nft delete table ip aproxy 2>/dev/null || :
  systemctl stop ${BUILD_UNIT} || :
  rm -f ${BUILD_UNIT_FILE}
  rm -rf ${FOLDER}
  systemctl daemon-reload
fi
`;

const installedCheck = `
snap list aproxy >/dev/null 2>&1 || {
  echo 'the snap aproxy is not installed'
  exit 1
}
command -v nft >/dev/null || {
  echo 'there is no command nft, which aproxy needs'
  exit 1
}
`;

const unconfiguredCheck = `${installedCheck}
if [ -n "$(snap get aproxy proxy 2>/dev/null || snap get aproxy http.proxy 2>/dev/null || :)" ]; then
  echo 'aproxy is configured with a proxy, although the image has none'
  exit 1
fi
if [ -d ${FOLDER} ]; then exit 0; fi
if nft list table ip aproxy >/dev/null 2>&1; then
  echo 'the rules of the proxy of the build are still loaded'
  exit 1
fi
`;

const keptCheck = `${installedCheck}
grep -qs '${LISTENING}' /proc/net/tcp /proc/net/tcp6 || {
  echo 'aproxy does not listen on port ${APROXY_PORT}'
  exit 1
}
systemctl is-enabled --quiet ${KEPT_UNIT} || {
  echo 'the unit ${KEPT_UNIT} is not enabled: a reboot would lose the rules of aproxy'
  exit 1
}
nft list table ip aproxy 2>/dev/null | grep -q 'redirect to :${APROXY_PORT}' || {
  echo 'the rules that redirect to aproxy are not loaded'
  exit 1
}
`;

/** The settings that determine how aproxy is installed. */
export interface AproxyOptions {
  readonly proxy: ProxySettings | undefined;
  /** Reports whether the proxy stays in the image (the option runner-proxy). */
  readonly isKept: boolean;
  /** An HTTP proxy of snapd for the build. */
  readonly snapProxy: Secret | undefined;
}

/**
 * Returns the part that installs the snap aproxy. Every image has it, because consumers configure it. With a proxy that it
 * can use, it also gets the connections of programs that know no proxy, during the build or, for a kept proxy, for ever.
 */
export function aproxyPart({ proxy, isKept, snapProxy }: AproxyOptions): GuestPart {
  const settings = toGuestProxy(proxy);
  const targets = toAproxyTargets(settings);
  const base = { name: 'aproxy', after: ['proxy', 'apt'], environment: toSnapEnvironment(snapProxy) };
  if (settings === undefined || (targets.http ?? targets.https) === undefined) {
    const script = settings === undefined ? install : `${install}${UNUSABLE}`;
    return { ...base, script, check: unconfiguredCheck, cleanUp: SNAP_CLEAN_UP };
  }
  const rules = renderRulesLoader(settings, targets);
  if (isKept) {
    const script = `# shellcheck disable=SC2016\nAPROXY_RULES=${quoteForShell(rules)}\n${install}${forKept(targets)}`;
    return { ...base, script, check: keptCheck, cleanUp: SNAP_CLEAN_UP };
  }
  const environment = {
    ...base.environment,
    APROXY_RULES: rules,
    APROXY_HTTP: targets.http ?? '',
    APROXY_HTTPS: targets.https ?? '',
  };
  return {
    ...base,
    environment,
    script: `${install}${forBuild}`,
    check: unconfiguredCheck,
    cleanUp: buildCleanUp,
  };
}
