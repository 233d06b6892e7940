import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { renderRulesLoader } from '../../../src/guest/proxy-rules.ts';
import { run, type Outcome } from '../support/shell.ts';

const NAMESPACES = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'] as const;
const hasNft =
  existsSync('/bin/busybox') && run(['unshare', ...NAMESPACES, 'nft', 'list', 'ruleset']).code === 0;
const describeNft = hasNft ? describe : describe.skip;

const TARGETS = { http: 'proxy.test:80', https: 'proxy.test:80' };
const RULES = renderRulesLoader(
  { bypass: ['192.0.2.0/28', '192.0.2.16:443', '.direct.test', 'a.direct.test', '::1', 'unknown.test'] },
  TARGETS,
);

// Three network namespaces: a client, the guest, and the internet, which has all other addresses. Every web server answers
// with its name.
const NETWORK = `set -eu
PATH=/usr/sbin:/sbin:$PATH
cd "$1"
mount --bind hosts /etc/hosts
unshare --net sleep 600 & internet=$!
unshare --net sleep 600 & client=$!
for pid in "$internet" "$client"; do
  until [ "$(readlink "/proc/$pid/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.1; done
done
in_internet() { nsenter -t "$internet" -n "$@"; }
in_client() { nsenter -t "$client" -n "$@"; }
ip link add guest type veth peer name inet
ip link add bridge type veth peer name eth
ip link set inet netns "$internet"
ip link set eth netns "$client"
ip link set lo up
ip addr add 198.51.100.1/24 dev guest; ip link set guest up
ip addr add 172.17.0.1/16 dev bridge; ip link set bridge up
ip route add default via 198.51.100.2
in_internet ip link set lo up
in_internet ip addr add 198.51.100.2/24 dev inet
in_internet ip link set inet up
for address in 203.0.113.7 203.0.113.8 203.0.113.9 192.0.2.1 192.0.2.16 192.0.2.17 10.1.2.3 169.254.169.254; do
  in_internet ip addr add "$address/32" dev lo
done
in_client ip addr add 172.17.0.2/16 dev eth
in_client ip link set eth up
in_client ip route add default via 172.17.0.1
for port in 80 443 3128; do
  in_internet busybox httpd -f -p "$port" -h internet &
  busybox httpd -f -p "$port" -h guest &
done
busybox httpd -f -p 8444 -h aproxy &
ask() { printf '%s ' "$1"; timeout 10 busybox wget -q -O - "http://$1/answer" 2>/dev/null || echo failed; }
for host in 203.0.113.7:80 203.0.113.7:443 203.0.113.7:3128 127.0.0.1:80 127.0.0.1:443 127.0.0.1:8444; do
  until busybox wget -q -O /dev/null "http://$host/answer" 2>/dev/null; do sleep 0.1; done
done
`;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'proxy-rules-'));
  for (const name of ['internet', 'guest', 'aproxy']) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'answer'), `${name}\n`);
  }
  writeFileSync(join(folder, 'rules'), RULES);
  writeFileSync(
    join(folder, 'hosts'),
    '127.0.0.1 localhost\n203.0.113.8 direct.test a.direct.test\n203.0.113.9 proxy.test\n',
  );
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function inNetwork(program: string): Outcome {
  return run(['unshare', ...NAMESPACES, 'sh', '-c', `${NETWORK}\n${program}`, 'sh', folder]);
}

describe('rules for aproxy', () => {
  test('A proxy for one scheme redirects the port of that scheme only', () => {
    expect(renderRulesLoader({ bypass: [] }, { https: 'p:1' })).toContain(
      'tcp dport { 443 } counter redirect',
    );
    expect(renderRulesLoader({ bypass: [] }, { http: 'p:1' })).toContain('tcp dport { 80 } counter redirect');
  });

  test('The entry * of no_proxy bypasses everything', () => {
    expect(renderRulesLoader({ bypass: ['*'] }, TARGETS)).toMatch(/\n {4}return\n {4}tcp dport/);
  });

  test('An entry that is no IPv4 network and no name is not in the rules', () => {
    const odd = ['300.1.2.3', '10.0.0.0/99', 'fe80::/10', '[::1]:80', '1.2.3', 'name.test:8080'];
    expect(renderRulesLoader({ bypass: odd }, TARGETS)).toBe(renderRulesLoader({ bypass: [] }, TARGETS));
  });
});

describeNft('rules for aproxy in the kernel', () => {
  test('Connections to the internet are redirected to aproxy, and those that bypass the proxy are not', () => {
    const hosts = [
      ['203.0.113.7:80', 'aproxy'],
      ['203.0.113.7:443', 'aproxy'],
      ['203.0.113.7:3128', 'internet'],
      ['198.51.100.1:80', 'guest'],
      ['127.0.0.1:80', 'guest'],
      ['169.254.169.254:80', 'internet'],
      ['10.1.2.3:443', 'internet'],
      ['192.0.2.1:80', 'internet'],
      ['192.0.2.16:443', 'internet'],
      ['192.0.2.16:80', 'aproxy'],
      ['192.0.2.17:443', 'aproxy'],
      ['203.0.113.8:443', 'internet'], // a.direct.test
      ['203.0.113.9:80', 'internet'], // the proxy itself
    ] as const;
    const asks = hosts.map(([host]) => `ask ${host}`).join('; ');
    const { stdout, stderr } = inNetwork(`ask 203.0.113.7:80; sh rules; sh rules; ${asks}; echo end`);
    expect([stdout.trim().split('\n'), stderr]).toEqual([
      [
        '203.0.113.7:80 internet',
        ...Array.from(
          { length: 2 },
          () => 'unknown.test has no address now: connections to it are redirected to aproxy',
        ),
        ...hosts.map((pair) => pair.join(' ')),
        'end',
      ],
      '',
    ]);
  });

  test('Connections of containers are redirected, too, and those to a port of the guest are not', () => {
    const ask = (host: string): string =>
      `in_client timeout 10 busybox wget -q -O - http://${host}/answer || echo failed`;
    const { stdout } = inNetwork(
      `sh rules >/dev/null; ${ask('203.0.113.7:443')}; ${ask('198.51.100.1:443')}`,
    );
    expect(stdout).toBe('aproxy\nguest\n');
  });

  test("The rules replace those of a consumer's boot script, and the other way round", () => {
    const consumer = `table ip aproxy
      flush table ip aproxy
      table ip aproxy {
        chain output {
          type nat hook output priority -100; policy accept;
        }
      }
    `;
    writeFileSync(join(folder, 'consumer'), consumer);
    const { stdout } = inNetwork(
      'nft -f consumer; sh rules >/dev/null; ask 203.0.113.7:80; nft -f consumer; ask 203.0.113.7:80',
    );
    expect(stdout).toBe('203.0.113.7:80 aproxy\n203.0.113.7:80 internet\n');
  });
});
