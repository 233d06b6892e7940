import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LOAD_PROXY_ENVIRONMENT } from '../../../src/guest/guest-proxy.ts';
import { proxyPart } from '../../../src/guest/parts/proxy.ts';
import { Secret } from '../../../src/model/secret.ts';
import { exportsOf } from '../support/part-guest.ts';
import { run } from '../support/shell.ts';

const NAMESPACES = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'] as const;
const hasTools =
  existsSync('/bin/busybox') &&
  existsSync('/usr/bin/tinyproxy') &&
  existsSync('/usr/bin/apt-get') &&
  run(['unshare', ...NAMESPACES, 'mount', '-t', 'tmpfs', 'run', '/run']).code === 0;
const describeClients = hasTools ? describe : describe.skip;

const PROXY = new Secret('http://quser:qmarkedq@proxy.test:8888');
const PART = proxyPart({
  proxy: { http: PROXY, https: PROXY, noProxy: new Secret('direct.test'), source: 'model' },
  isKept: false,
});

// The machine's own programs, with a copy of /etc, an empty /run and no network but the loopback.
const MACHINE = `set -eu
folder=$1
PATH=/usr/sbin:/sbin:$PATH
mount -t tmpfs run /run
cp -a /etc "$folder/etc"
mount --bind "$folder/etc" /etc
mount -t tmpfs root /root
export HOME=/root
ip link set lo up
echo "127.0.0.1 localhost mirror.test direct.test proxy.test $(uname -n)" >/etc/hosts
rm -rf /etc/apt/sources.list.d/* /etc/apt/apt.conf.d/*
echo "deb [trusted=yes] http://mirror.test/ ./
deb [trusted=yes] http://direct.test/ ./" >/etc/apt/sources.list
busybox httpd -f -p 80 -h "$folder/mirror" &
tinyproxy -d -c "$folder/tinyproxy.conf" >/dev/null 2>&1 &
# The ports 80 and 8888 in /proc/net/tcp.
for port in 0050 22B8; do
  until grep -q ":$port [0-9A-F:]* 0A " /proc/net/tcp /proc/net/tcp6; do sleep 0.1; done
done
update() { apt-get -o Dir::State="$folder/state" -o Dir::Cache="$folder/cache" -o APT::Sandbox::User=root update 2>&1; }
# Prints the hosts of the requests since the last call.
asked() {
  sed -n 's,.*Request (file descriptor [0-9]*): GET http://\\([^/]*\\)/.*,\\1,p' "$folder/proxy.log" | sort -u
  : >"$folder/proxy.log"
}
`;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'proxy-clients-'));
  ['mirror', 'state/lists/partial', 'cache/archives/partial'].forEach((path) => {
    mkdirSync(join(folder, path), { recursive: true });
  });
  const conf = [
    'Port 8888',
    'Listen 127.0.0.1',
    `LogFile "${join(folder, 'proxy.log')}"`,
    'LogLevel Connect',
    'BasicAuth quser qmarkedq',
  ];
  writeFileSync(join(folder, 'tinyproxy.conf'), `${conf.join('\n')}\n`);
  writeFileSync(join(folder, 'mirror/Packages'), '');
  const version = { name: 'a-package', version: '1.2.3' };
  writeFileSync(
    join(folder, 'mirror/a-package'),
    JSON.stringify({ name: 'a-package', 'dist-tags': { latest: '1.2.3' }, versions: { '1.2.3': version } }),
  );
  writeFileSync(
    join(folder, 'script'),
    `set -eu\n${PART === undefined ? '' : exportsOf(PART)}\n${PART?.script ?? ''}`,
  );
  writeFileSync(join(folder, 'clean-up'), `set -eu\n${PART?.cleanUp ?? ''}`);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function onMachine(program: string): readonly string[] {
  rmSync(join(folder, 'etc'), { recursive: true, force: true });
  writeFileSync(join(folder, 'proxy.log'), '');
  const outcome = run(['unshare', ...NAMESPACES, 'sh', '-c', `${MACHINE}\n${program}`, 'sh', folder]);
  return `${outcome.stdout}${outcome.stderr}`.trim().split('\n');
}

describeClients('real clients behind a proxy with a login', () => {
  test('apt without any variable asks the proxy, with the login, but not for a host of no_proxy', () => {
    const output = onMachine('sh "$folder/script" && update; echo "asked: $(asked)"');
    expect(output.filter((line) => /^(Err|W|E):/.test(line))).toEqual([]);
    expect(output.at(-1)).toBe('asked: mirror.test');
  });

  test('npm asks the proxy with the variables of the build', () => {
    const view = 'npm view a-package version --registry http://mirror.test/';
    const output = onMachine(
      `sh "$folder/script"; ${LOAD_PROXY_ENVIRONMENT}; ${view}; echo "asked: $(asked)"`,
    );
    expect(output.slice(-2)).toEqual(['1.2.3', 'asked: mirror.test']);
  });

  test('A login and sudo give programs the variables as they were written', () => {
    const url = 'http://quser:a$b%20c!(d)&e@proxy.test:1';
    const part = proxyPart({
      proxy: { http: new Secret(url), https: new Secret(url), noProxy: new Secret(''), source: 'model' },
      isKept: false,
    });
    writeFileSync(
      join(folder, 'special-script'),
      `set -eu\n${part === undefined ? '' : exportsOf(part)}\n${part?.script ?? ''}`,
    );
    const output = onMachine(`sh "$folder/special-script"
      su -s /bin/sh nobody -c 'printenv http_proxy HTTPS_PROXY'
      ${LOAD_PROXY_ENVIRONMENT}
      if command -v sudo >/dev/null; then sudo -n printenv https_proxy; else echo "$https_proxy"; fi`);
    expect(output).toEqual([url, url, url]);
  });

  test('After the clean-up apt connects without a proxy, and no file of /etc has the login', () => {
    const output = onMachine(
      'sh "$folder/script" && sh "$folder/clean-up" && update; echo "asked: $(asked)"; grep -rl qmarkedq /etc /run /root || :',
    );
    expect(output.filter((line) => /^(Err|W|E):/.test(line))).toEqual([]);
    expect(output.at(-1)).toBe('asked:');
    expect(readFileSync(join(folder, 'script'), 'utf8')).toContain('qmarkedq');
  });
});
