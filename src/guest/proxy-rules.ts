import type { AproxyTargets, GuestProxy } from './guest-proxy.ts';

/** The port of aproxy in a guest. */
export const APROXY_PORT = 8444;

// Private networks are never behind a proxy for the internet; the link-local network has the metadata service.
const NEVER = ['10.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16'];
const NETWORK = /^(\d{1,3}(?:\.\d{1,3}){3})(?:\/(\d{1,2}))?$/;
const NAME = /^[a-z0-9_][a-z0-9_.-]*$/i;

/** Destinations of nft's rules. */
interface Bypass {
  readonly networks: readonly string[];
  /** Rules for entries with a port. */
  readonly rules: readonly string[];
  /** Names that are resolved when the rules are loaded. */
  readonly names: readonly string[];
}

/**
 * Returns the shell program that loads the rules, which redirect connections of programs that know no proxy to aproxy.
 * The table has the name that consumers use in their own boot scripts, so that theirs replaces it. It replaces all rules
 * at once. A name that does not resolve at that time, within 20 seconds for all names, is not bypassed.
 */
export function renderRulesLoader({ bypass }: Pick<GuestProxy, 'bypass'>, targets: AproxyTargets): string {
  const { networks, rules, names } = toBypass(bypass);
  const hosts = [targets.http, targets.https].flatMap((target) => target?.replace(/:\d+$/, '') ?? []);
  const proxies = toBypass(hosts);
  const ports = [...(targets.http === undefined ? [] : [80]), ...(targets.https === undefined ? [] : [443])];
  const chain = [
    '    fib daddr type local return',
    '    ip daddr @bypass return',
    ...rules.map((rule) => `    ${rule}`),
    `    tcp dport { ${ports.join(', ')} } counter redirect to :${APROXY_PORT}`,
  ];
  return [
    '#!/bin/sh',
    '# Redirects connections of programs that know no proxy to aproxy.',
    'set -eu',
    `bypass='${[...new Set([...NEVER, ...networks, ...proxies.networks])].join(', ')}'`,
    'end=$(($(date +%s) + 20))',
    `for name in ${[...new Set([...proxies.names, ...names])].join(' ')}; do`,
    '  addresses=',
    '  if [ "$(date +%s)" -lt "$end" ]; then',
    `    addresses=$(timeout 3 getent ahostsv4 "$name" 2>/dev/null | awk '{ print $1 }' | sort -u) || addresses=`,
    '  fi',
    '  if [ -z "$addresses" ]; then echo "$name has no address now: connections to it are redirected to aproxy"; fi',
    '  for address in $addresses; do bypass="$bypass, $address"; done',
    'done',
    'nft -f - <<END || {',
    'table ip aproxy {',
    '}',
    'delete table ip aproxy',
    'table ip aproxy {',
    '  set bypass {',
    '    type ipv4_addr',
    '    flags interval',
    '    auto-merge',
    '    elements = { $bypass }',
    '  }',
    '  chain prerouting {',
    '    type nat hook prerouting priority dstnat; policy accept;',
    ...chain,
    '  }',
    '  chain output {',
    '    type nat hook output priority -100; policy accept;',
    ...chain,
    '  }',
    '}',
    'END',
    '  code=$?',
    '  echo "nft -f failed with exit code $code" >&2',
    '  exit "$code"',
    '}',
    '',
  ].join('\n');
}

/** Returns the entries of no_proxy that apply to IPv4, the only protocol of the rules. */
function toBypass(entries: readonly string[]): Bypass {
  const networks: string[] = [];
  const rules: string[] = [];
  const names: string[] = [];
  for (const entry of entries) {
    const [, host = '', port] = /^([^:]*)(?::(\d{1,5}))?$/.exec(entry) ?? [];
    if (host === '*') rules.push(port === undefined ? 'return' : `tcp dport ${port} return`);
    else if (isNetwork(host)) {
      if (port === undefined) networks.push(host);
      else rules.push(`ip daddr ${host} tcp dport ${port} return`);
    } else if (port === undefined) {
      const name = host.replace(/^\*?\./, '');
      if (NAME.test(name) && !/^[\d./]+$/.test(name)) names.push(name);
    }
  }
  return { networks, rules, names };
}

function isNetwork(word: string): boolean {
  const [, address = '', prefix = '32'] = NETWORK.exec(word) ?? [];
  return address !== '' && address.split('.').every((byte) => Number(byte) <= 255) && Number(prefix) <= 32;
}
