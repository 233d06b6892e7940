import type { GuestPart } from '../guest-part.ts';

const FILE = '/etc/sysctl.d/99-github-runner.conf';
const AVAILABLE = '/proc/sys/net/ipv4/tcp_available_congestion_control';
const CURRENT = '/proc/sys/net/ipv4/tcp_congestion_control';

// /proc/sys is written directly, because small images have no sysctl. A setting that the kernel lacks is no failure.
const script = `
mkdir -p /etc/sysctl.d
printf '%s\\n' 'net.core.default_qdisc=fq' 'net.ipv4.tcp_congestion_control=bbr' >${FILE}
for module in sch_fq tcp_bbr; do
  modprobe "$module" || echo "this kernel has no module $module"
done
if [ -e /proc/sys/net/core/default_qdisc ]; then
  echo fq >/proc/sys/net/core/default_qdisc || echo 'this kernel does not offer fq'
fi
if grep -qw bbr ${AVAILABLE}; then
  echo bbr >${CURRENT}
fi
`;

const check = `
for setting in net.core.default_qdisc=fq net.ipv4.tcp_congestion_control=bbr; do
  grep -qxF "$setting" ${FILE} || {
    echo "${FILE} does not say $setting"
    exit 1
  }
done
if grep -qw bbr ${AVAILABLE} && [ "$(cat ${CURRENT})" != bbr ]; then
  echo "the kernel offers bbr, but uses $(cat ${CURRENT})"
  exit 1
fi
`;

/** The part that enables fair queueing and BBR, as on GitHub's own runners. */
export const sysctlPart: GuestPart = { name: 'sysctl', script, check };
