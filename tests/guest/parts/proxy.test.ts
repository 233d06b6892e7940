import { lstatSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { GuestPart } from '../../../src/guest/guest-part.ts';
import { proxyPart } from '../../../src/guest/parts/proxy.ts';
import { Secret } from '../../../src/model/secret.ts';
import {
  commandsOf,
  findUnnamed,
  injectFailures,
  installOf,
  makePartGuest,
  runInPartGuest,
  shellOf,
} from '../support/part-guest.ts';
import { canRunTinyGuest } from '../support/tiny-guest.ts';

const describeTiny = canRunTinyGuest() ? describe : describe.skip;
const LOGIN = 'http://marked-user:marked$p%40ss@marked-proxy.example:3128';
const settings = (http: string, noProxy = '') => ({
  http: new Secret(http),
  https: new Secret(http),
  noProxy: new Secret(noProxy),
  source: 'environment' as const,
});

let root = '';
beforeAll(() => {
  root = makePartGuest();
});
afterAll(() => {
  rmSync(root, { recursive: true });
});

function partOf(proxy: ReturnType<typeof settings>, isKept = false): GuestPart {
  const part = proxyPart({ proxy, isKept });
  if (part === undefined) throw new Error('expected a part');
  return part;
}

/** Maps each file of the guest to its mode and content. */
function readTree(folders: readonly string[]): Readonly<Record<string, string>> {
  const tree: Record<string, string> = {};
  for (const folder of folders) {
    for (const name of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
      const path = join(root, folder, name);
      const { mode } = lstatSync(path);
      const isLink = lstatSync(path).isSymbolicLink();
      const content = isLink
        ? readlinkSync(path)
        : lstatSync(path).isFile()
          ? readFileSync(path, 'latin1')
          : '';
      tree[`${folder}/${name}`] = `${mode.toString(8)} ${content}`;
    }
  }
  return tree;
}
const SYSTEM = ['etc', 'run', 'root', 'var', 'home', 'srv', 'usr'];
const filesWith = (mark: string): readonly string[] =>
  Object.entries(readTree([...SYSTEM, 'tmp']))
    .filter(([, content]) => content.includes(mark))
    .map(([path]) => path);

describe('proxy part without a guest', () => {
  test('An image without a proxy has no proxy part', () => {
    expect(proxyPart({ proxy: undefined, isKept: true })).toBeUndefined();
    expect(proxyPart({ proxy: settings(' '), isKept: false })).toBeUndefined();
  });

  test('A proxy with a login cannot stay in the image, and the message names setting and option', () => {
    expect(() => proxyPart({ proxy: settings(LOGIN), isKept: true })).toThrow(
      /^runner-proxy: the proxy of HTTP_PROXY cannot stay in the image, because its URL contains a login/,
    );
  });

  test('The script and the check of a proxy for the build do not contain the proxy', () => {
    const { script, check, cleanUp } = partOf(settings(LOGIN));
    expect(`${script}${check}${cleanUp ?? ''}`).not.toContain('marked');
  });

  test('Another proxy that stays means another script, and thus another image', () => {
    const [one, other] = ['http://a:1', 'http://b:1'].map((url) => partOf(settings(url), true).script);
    expect(one).not.toBe(other);
  });

  test.each(['"', 'a;b', '$(reboot)', "o'clock"])('The entry %s of no_proxy is refused', (entry) => {
    expect(() => proxyPart({ proxy: settings('p:1', entry), isKept: false })).toThrow(
      'NO_PROXY: an entry is neither',
    );
  });
});

describeTiny('proxy part in a guest', () => {
  const inGuest = (program: string) => runInPartGuest(root, program);

  test('Logins, apt, snapd and Docker get the proxy, and each address of the guest bypasses it', () => {
    const addresses = 'ip link set lo up; ip addr add 198.51.100.7/24 dev lo scope global';
    const show = `cat /etc/environment; cat /etc/apt/apt.conf.d/*; cat /etc/sudoers.d/*
      cat /run/systemd/system/docker.service.d/* /run/systemd/system/snapd.service.d/*`;
    const part = partOf(settings('proxy.example:3128', 'mirror.example, 192.0.2.0/24'));
    const { stdout } = inGuest(`${addresses}\n${installOf(part)} && ${shellOf(part.check)} && { ${show}; }`);
    const bypass =
      'localhost,127.0.0.0/8,127.0.0.1,::1,169.254.169.254,198.51.100.7,mirror.example,192.0.2.0/24';
    for (const line of [
      'http_proxy=http://proxy.example:3128',
      'HTTPS_PROXY=http://proxy.example:3128',
      `no_proxy=${bypass}`,
      `NO_PROXY=${bypass}`,
      'Acquire::http::Proxy "http://proxy.example:3128";',
      'Acquire::https::Proxy::mirror.example "DIRECT";',
      'EnvironmentFile=-/run/github-runner-image-builder-proxy/environment',
    ]) {
      expect(stdout.split('\n')).toContain(line);
    }
    expect(commandsOf(root)).toContain('systemctl restart snapd.service');
    expect(commandsOf(root)).not.toContain('systemctl restart docker.service');
  });

  test.each([
    ['a file', 'printf "A=1\\nB=2\\n" >/etc/environment'],
    ['a file without a newline at its end', 'printf "A=1" >/etc/environment'],
    ['an empty file', ': >/etc/environment'],
    ['no file', 'rm -f /etc/environment'],
  ])('After the clean-up the guest is byte for byte what it was, with %s /etc/environment', (_, before) => {
    const part = partOf(settings(LOGIN));
    inGuest(before);
    const pristine = readTree(SYSTEM);
    const run = `${before}; ${installOf(part)} && ${installOf(part)} && ${shellOf(part.check)} && echo installed
      ${shellOf(part.cleanUp)} && ${shellOf(part.cleanUp)} && ${shellOf(part.check)} && echo cleaned`;
    expect(inGuest(run).stdout).toBe('installed\ncleaned\n');
    expect(readTree(SYSTEM)).toEqual({ ...pristine, 'etc/apt/apt.conf.d': '40755 ' });
    expect(filesWith('marked')).toEqual([]);
  });

  test('A line that somebody adds to /etc/environment during the build stays', () => {
    const part = partOf(settings(LOGIN));
    const add = 'echo C=3 >>/etc/environment';
    expect(inGuest(`${installOf(part)}; ${add}; ${shellOf(part.cleanUp)}; cat /etc/environment`).stdout).toBe(
      'C=3\n',
    );
  });

  test('A proxy of a build is on the tmpfs and in /etc/environment only, and in no command line', () => {
    inGuest(installOf(partOf(settings(LOGIN))));
    expect(filesWith('marked').filter((path) => !path.startsWith('run/'))).toEqual(['etc/environment']);
    expect(commandsOf(root).join('\n')).not.toContain('marked');
  });

  test('The old blocks of /etc/environment are overwritten before the file gets its content', () => {
    const part = partOf(settings(LOGIN));
    inGuest(`${installOf(part)}; : >/tmp/commands; ${shellOf(part.cleanUp)}`);
    const commands = commandsOf(root);
    expect(
      commands.findIndex((line) => /^dd of=\/etc\/environment conv=notrunc,fsync status=none$/.test(line)),
    ).toBeLessThan(commands.findIndex((line) => line === 'rm -f /etc/environment'));
  });

  test('A proxy that stays is in the image after the clean-up, without the addresses of the build server', () => {
    const part = partOf(settings('http://marked-proxy.example:3128'), true);
    const addresses = 'ip link set lo up; ip addr add 198.51.100.7/24 dev lo scope global';
    const run = `${addresses}; ${installOf(part)} && ${shellOf(part.cleanUp)} && ${shellOf(part.check)} && echo on`;
    expect(inGuest(run).stdout).toBe('on\n');
    expect(filesWith('marked')).toEqual([
      'etc/environment',
      'etc/apt/apt.conf.d/95github-runner-image-builder-proxy',
    ]);
    expect(filesWith('198.51.100.7')).toEqual([]);
    expect(
      readTree(['etc'])['etc/systemd/system/docker.service.d/50-github-runner-image-builder-proxy.conf'],
    ).toContain('EnvironmentFile=-/etc/environment');
  });

  test.each([
    [
      'sed -i /^http_proxy/d /etc/environment',
      '/etc/environment does not contain http_proxy=http://p.example:1',
    ],
    [
      'rm /etc/apt/apt.conf.d/95*',
      'apt has no proxy: there is no file /etc/apt/apt.conf.d/95github-runner-image-builder-proxy',
    ],
    [
      'rm -r /etc/systemd/system/docker.service.d',
      'docker has no proxy: there is no file /etc/systemd/system/docker.service.d/50-github-runner-image-builder-proxy.conf',
    ],
  ])('The check of a proxy that stays names the damage of: %s', (damage, problem) => {
    const part = partOf(settings('p.example:1'), true);
    expect(inGuest(`${installOf(part)}; ${damage}; ${shellOf(part.check)}`).stdout).toBe(`${problem}\n`);
  });

  test('The check finds what a clean-up has left', () => {
    const part = partOf(settings(LOGIN));
    const run = `${installOf(part)}; rm -rf /run/github-runner-image-builder-proxy; ${shellOf(part.check)}`;
    expect(inGuest(run).stdout).toMatch(/^the proxy of the build is still in /);
  });

  test.each([false, true])('Every command that fails ends the script and is named (kept: %s)', (isKept) => {
    const part = partOf(settings('p.example:1'), isKept);
    const injections = injectFailures(
      root,
      'echo A=1 >/etc/environment',
      installOf(part),
      shellOf(part.check),
    );
    expect(injections.length).toBeGreaterThan(10);
    expect(findUnnamed(injections, /^systemctl is-active /)).toEqual([]);
  });

  test('Every command that fails ends the clean-up and is named', () => {
    const part = partOf(settings(LOGIN));
    const before = `echo A=1 >/etc/environment; ${installOf(part)}`;
    const injections = injectFailures(root, before, shellOf(part.cleanUp), shellOf(part.check));
    expect(injections.length).toBeGreaterThan(6);
    expect(findUnnamed(injections, /^rmdir /)).toEqual([]);
  });
});
