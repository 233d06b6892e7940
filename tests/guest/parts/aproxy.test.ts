import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { aproxyPart } from '../../../src/guest/parts/aproxy.ts';
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
import { run } from '../support/shell.ts';
import { canRunTinyGuest } from '../support/tiny-guest.ts';

const describeTiny = canRunTinyGuest() ? describe : describe.skip;
const settings = (url: string) => ({
  http: new Secret(url),
  https: new Secret(url),
  noProxy: new Secret(''),
  source: 'model' as const,
});
const PLAIN = aproxyPart({ proxy: undefined, isKept: false, snapProxy: undefined });
const PROXY = settings('http://marked-proxy.example:3128');
const BUILD = aproxyPart({ proxy: PROXY, isKept: false, snapProxy: undefined });
const KEPT = aproxyPart({ proxy: PROXY, isKept: true, snapProxy: undefined });
const QUERIES = /^(snap (list|install|get) |systemctl is-)/;

let root = '';
beforeAll(() => {
  root = makePartGuest();
});
afterAll(() => {
  rmSync(root, { recursive: true });
});

describeTiny('aproxy part', () => {
  const inGuest = (program: string) => runInPartGuest(root, program);
  const read = (path: string): string => readFileSync(join(root, path), 'utf8');
  const filesWith = (mark: string): readonly string[] =>
    run(['grep', '-rlI', mark, join(root, 'etc'), join(root, 'var'), join(root, 'snap'), join(root, 'run')])
      .stdout.trim()
      .split('\n')
      .filter((path) => path !== '')
      .map((path) => path.slice(root.length));

  test('Without a proxy, aproxy is installed from its channel edge and has no settings', () => {
    const { stdout } = inGuest(`${installOf(PLAIN)} && ${shellOf(PLAIN.check)} && echo on`);
    expect(stdout.split('\n').slice(-3)).toEqual(['version aproxy 1.2.3', 'on', '']);
    expect(commandsOf(root)).toContain('snap install aproxy --channel=latest/edge');
    expect(commandsOf(root).filter((line) => line.startsWith('snap set'))).toEqual([]);
    expect(existsSync(join(root, 'tmp/ruleset'))).toBe(false);
  });

  test('Behind a proxy for the build, aproxy listens and gets the connections, and the settings of the snap stay empty', () => {
    const { stdout } = inGuest(`${installOf(BUILD)} && ${shellOf(BUILD.check)} && echo on`);
    expect(stdout).toMatch(/on\n$/);
    expect(read('tmp/ruleset')).toContain('tcp dport { 80, 443 } counter redirect to :8444');
    expect(read('run/systemd/system/github-runner-image-builder-aproxy.service')).toContain(
      'ExecStart=/snap/aproxy/current/bin/aproxy --http-proxy=http://marked-proxy.example:3128 ' +
        '--https-proxy=http://marked-proxy.example:3128 --listen=:8444',
    );
    expect(filesWith('marked').filter((path) => !path.startsWith('/run/'))).toEqual([]);
    expect(commandsOf(root).join('\n')).not.toContain('marked');
  });

  test('After the clean-up, the guest differs in nothing from one that was built without a proxy', () => {
    const list = `find / -xdev -type f ! -path '/tmp/*' ! -path '/proc/*' ! -name log -exec sha256sum {} + | sort`;
    const without = inGuest(`${installOf(PLAIN)} >/tmp/out; ${list}`).stdout;
    const behind = inGuest(
      `${installOf(BUILD)} >/tmp/out; { ${shellOf(BUILD.cleanUp)} && ${shellOf(BUILD.cleanUp)}; } >/tmp/out; ${list}`,
    ).stdout;
    expect(behind).toBe(without);
    expect(filesWith('marked')).toEqual([]);
    expect(existsSync(join(root, 'tmp/ruleset'))).toBe(false);
  });

  test('A proxy that stays is in the settings of the snap, and a unit loads the rules at each boot', () => {
    const steps = [installOf(KEPT), shellOf(KEPT.cleanUp), shellOf(KEPT.check), 'echo on'];
    expect(inGuest(steps.join(' && ')).stdout).toMatch(/on\n$/);
    expect(commandsOf(root)).toContain(
      'snap set aproxy proxy=marked-proxy.example:3128 http.proxy=http://marked-proxy.example:3128 ' +
        'https.proxy=http://marked-proxy.example:3128 listen=:8444',
    );
    const boot =
      'rm /tmp/ruleset; $(sed -n s/^ExecStart=//p /etc/systemd/system/multi-user.target.wants/aproxy-rules.service)';
    expect(
      inGuest(`${steps.slice(0, 2).join(' && ')}; ${boot}; ${shellOf(KEPT.check)} && echo on`).stdout,
    ).toMatch(/on\n$/);
    expect(filesWith('marked')).toEqual(
      expect.arrayContaining(['/etc/aproxy/load-rules', '/var/lib/snap-stand-in/snaps/aproxy/conf/proxy']),
    );
  });

  test.each([
    ['a login', 'http://user:password@proxy.example:3128'],
    ['TLS', 'https://proxy.example:3128'],
  ])('With a proxy that needs %s, aproxy stays unconfigured and the output says why', (_, url) => {
    const part = aproxyPart({ proxy: settings(url), isKept: false, snapProxy: undefined });
    const { stdout } = inGuest(`${installOf(part)} && ${shellOf(part.check)} && echo on`);
    expect(stdout).toMatch(/aproxy stays unconfigured: it can use only .*\non\n$/);
  });

  test('An older aproxy gets its only flag for the proxy', () => {
    const old = `sed -i 's/-http-proxy string/-proxy string/; s/-https-proxy string//' /stand-ins/snap`;
    const back = 'cp /stand-ins/snap.new /stand-ins/snap';
    inGuest(`cp /stand-ins/snap /stand-ins/snap.new; ${old}; ${installOf(BUILD)}; ${back}`);
    expect(read('run/systemd/system/github-runner-image-builder-aproxy.service')).toContain(
      '/aproxy --proxy=marked-proxy.example:3128 --listen=:8444\n',
    );
  });

  test('An image without snapd gets a message that names the option', () => {
    const { stdout } = inGuest(`mv /wrap/snap /snap.away; ${installOf(PLAIN)}; mv /snap.away /wrap/snap`);
    expect(stdout).toBe(
      'there is no command snap in this image; leave the part out with the option guest-parts: -aproxy\n',
    );
  });

  test('The proxy of snapd replaces the others for snapd only, and leaves the image', () => {
    const snapProxy = new Secret('user:marked@snaps.example:8000');
    const part = aproxyPart({ proxy: undefined, isKept: false, snapProxy });
    const { stdout } = inGuest(
      `${installOf(part)} >/tmp/out; cat /run/*-snap-proxy/environment; ${shellOf(part.cleanUp)}`,
    );
    expect(stdout.split('\n')).toContain('https_proxy=http://user:marked@snaps.example:8000');
    expect(filesWith('marked')).toEqual([]);
    const commands = commandsOf(root).join('\n');
    expect(commands).not.toContain('marked');
    expect(commands).toMatch(/systemctl restart snapd.service\n[^]*snap install/);
  });

  test('An invalid proxy of snapd is refused with the name of its option', () => {
    const snapProxy = new Secret('ftp://snaps.example');
    expect(() => aproxyPart({ proxy: undefined, isKept: false, snapProxy })).toThrow(
      /^snap-proxy: expected the URL/,
    );
  });

  test.each([
    ['without a proxy', PLAIN, 3],
    ['behind a proxy for the build', BUILD, 6],
    ['with a proxy that stays', KEPT, 8],
  ])('Every command that fails ends the script and is named, %s', (_, part, least) => {
    const injections = injectFailures(root, ':', installOf(part), shellOf(part.check));
    expect(injections.filter(({ hasFailed }) => hasFailed).length).toBeGreaterThanOrEqual(least);
    expect(findUnnamed(injections, QUERIES)).toEqual([]);
  });

  test.each([
    ['rm -r /var/lib/snap-stand-in/snaps/aproxy', 'the snap aproxy is not installed'],
    [
      'rm /etc/systemd/system/multi-user.target.wants/*',
      'the unit aproxy-rules.service is not enabled: a reboot would lose the rules of aproxy',
    ],
    ['rm /tmp/ruleset', 'the rules that redirect to aproxy are not loaded'],
    ['kill "$(cat /var/lib/snap-stand-in/snaps/aproxy/pid)"; sleep 1', 'aproxy does not listen on port 8444'],
  ])('The check of a proxy that stays names the damage of: %s', (damage, problem) => {
    const { stdout } = inGuest(`${installOf(KEPT)} >/tmp/out; ${damage}; ${shellOf(KEPT.check)}`);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(problem);
  });
});
