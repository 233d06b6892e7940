import { openSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { listGuestParts } from '../../src/guest/parts.ts';
import { encodeHostSecrets } from '../../src/model/job/host-secrets.ts';
import { CancelledError } from '../../src/model/errors.ts';
import { Secret } from '../../src/model/secret.ts';
import { connectSsh } from '../../src/system/ssh/ssh.ts';
import { guestContent } from '../support/guest-content.ts';
import { startHttpCloud } from '../support/http-cloud.ts';
import { listCompleteImages, listLeaks, useEmulator } from '../whole-path/program-on-emulator.ts';
import { CHECKS_COMMAND } from '../../src/guest/checks.ts';
import { CLEAN_UP_COMMAND } from '../../src/guest/clean-up.ts';
import { INSTALL_COMMAND } from '../../src/guest/install-part.ts';

const bench = useEmulator();
const SECRET = 'secret-MARKED';

const guests = () => {
  const found = bench.emulator.cloud('a').state.guests;
  if (found === undefined) throw new Error('expected cloud a to have guests');
  return found;
};
const partNames = listGuestParts(guestContent()).map(({ name }) => name);

describe('build on the emulator', () => {
  test('A build creates an image in both clouds and leaves nothing else behind', async () => {
    const { code, json, err } = await bench.build();
    expect([code, err]).toEqual([0, expect.not.stringContaining('ERROR')]);
    expect(json).toMatchObject({ runner_version: '2.331.0', flavor: 'lab.runner', network: 'lab' });
    expect(listCompleteImages(bench)).toMatchObject({ a: [expect.any(String)], b: [expect.any(String)] });
    expect(listLeaks(bench)).toEqual([]);
  });

  test('A build makes at most 24 calls to Nova', async () => {
    expect((await bench.build()).code).toBe(0);
    const calls = bench.emulator
      .cloud('a')
      .requests()
      .map(({ route }) => route);
    const nova = calls.filter((route) => route.includes(' /compute/'));
    expect(nova.length).toBeGreaterThan(10);
    expect(nova.length).toBeLessThanOrEqual(24); // 19, and one more for each of five waits on a busy machine
  });

  test('A build runs the same commands in an emulated guest as in a real one, in the same order', async () => {
    await bench.build();
    const [guest, ...others] = guests().all;
    expect(others).toEqual([]);
    const asRoot = [...partNames.map(() => INSTALL_COMMAND), CHECKS_COMMAND, CLEAN_UP_COMMAND];
    expect(guest?.log.map(({ command, code }) => [command, code])).toEqual([
      ['cloud-init status --wait', 0],
      ...asRoot.map((command) => [command, 0]),
    ]);
    const installed = guest?.log.map(({ stdin }) => /^# installs the part (\S+)/.exec(stdin)?.[1]) ?? [];
    expect(installed.filter((name) => name !== undefined).sort()).toEqual([...partNames].sort());
    expect(installed.indexOf('users')).toBeLessThan(installed.indexOf('runner'));
    expect(guest?.log.at(-2)?.stdin).toContain(`check ${partNames.at(-1) ?? ''} `);
    expect(guest?.log.at(-1)?.stdin).toContain('clean-up done');
  });

  test('A build with channels installs MicroK8s and then Juju, with the cache and the time of the bootstrap', async () => {
    const channels = ['--juju', '3.6/stable', '--microk8s', '1.29-strict/stable'];
    const { code } = await bench.build([
      ...[...channels, '--bootstrap', 'build'],
      ...['--dockerhub-cache', 'https://cache.example:5000'],
    ]);
    expect(code).toBe(0);
    const programs = guests().all[0]?.log.map(({ stdin }) => stdin) ?? [];
    const partOf = (name: string): number =>
      programs.findIndex((stdin) => stdin.startsWith(`# installs the part ${name}\n`));
    expect(partOf('microk8s')).toBeGreaterThan(partOf('users'));
    expect(partOf('juju')).toBeGreaterThan(partOf('microk8s'));
    expect(programs[partOf('microk8s')]).toContain('[host."https://cache.example:5000"]');
    expect(programs[partOf('juju')]).toContain('bootstrap microk8s');
    expect(programs.join('\n')).not.toContain('github-runner-first-boot');
  });

  test('A build whose guest part fails prints the last lines of that part and leaves nothing behind', async () => {
    guests().failPart('users', 3, ['no group lxd']);
    const { code, err } = await bench.build();
    expect(code).not.toBe(0);
    expect(err).toMatch(
      /the part users could not be installed in the guest: it exited with code 3\n\s+no group lxd/,
    );
    expect([listCompleteImages(bench), listLeaks(bench)]).toEqual([{ a: [], b: [] }, []]);
  });

  test('A build fails when a check fails in the guest', async () => {
    guests().onCommand((_guest, _command, stdin) =>
      stdin.includes('check users') ? { code: 0, stdout: 'failed users: no such user\n' } : undefined,
    );
    const { code, err } = await bench.build();
    expect(code).not.toBe(0);
    expect(err).toContain('users: no such user');
    expect(listLeaks(bench)).toEqual([]);
  });

  test('With --keep-on-failure, a build whose guest fails keeps server, port and keypair, and prints how to log in', async () => {
    guests().failPart('users', 3, ['no group lxd']);
    const { code, json, err } = await bench.build(['--keep-on-failure']);
    expect(code).toBe(5);
    const [server, ...others] = bench.emulator.cloud('a').state.servers.values();
    expect(others).toEqual([]);
    const name = server?.shown.name ?? '';
    expect(listLeaks(bench)).toEqual([
      `a: server ${name}`,
      expect.stringMatching(/^a: port /),
      `a: keypair ${name}`,
    ]);
    const until = (server?.shown['metadata'] as Readonly<Record<string, string>>)['kept-until'] ?? '';
    expect(Date.parse(until)).toBeGreaterThan(Date.now());
    const [warning = ''] = json['warnings'] as readonly string[];
    expect(warning).toContain(`server ${name} `);
    expect(warning).toContain(`is kept until ${until}; log in with: ssh -i '`);
    expect(err).toContain('log in with: ssh -i');
    expect(err).not.toMatch(/undo create (server|keypair)/);
    const target = {
      ...{
        host: /ubuntu@([\d.]+)/.exec(warning)?.[1] ?? '',
        port: bench.emulator.guestPort,
        username: 'ubuntu',
      },
      privateKey: new Secret(await readFile(/ssh -i '([^']+)'/.exec(warning)?.[1] ?? '', 'utf8')),
      hostKeyFingerprints: [/SHA256:[^;]+/.exec(warning)?.[0] ?? ''],
    };
    const session = await connectSsh(target, { timeoutMs: 10_000 });
    expect(await session.run({ command: 'true', timeoutMs: 10_000 })).toMatchObject({ exitCode: 127 });
    session.close();
  });

  test('With --keep-on-failure, a build that succeeds or is cancelled leaves nothing behind', async () => {
    expect((await bench.build(['--keep-on-failure'])).code).toBe(0);
    const stop = new AbortController();
    guests().onCommand((_guest, command) => {
      if (command.startsWith('cloud-init')) stop.abort(new CancelledError('stopped'));
      return undefined;
    });
    const { code } = await bench.build(['--keep-on-failure'], stop.signal);
    expect([code, listLeaks(bench)]).toEqual([143, []]);
  });

  test('A build whose server ends in ERROR fails with the reason that Nova gives', async () => {
    bench.emulator.cloud('a').failNextServer('No valid host was found.');
    const { code, err } = await bench.build();
    expect(code).not.toBe(0);
    expect(err).toContain('is in ERROR: No valid host was found.');
    expect(listLeaks(bench)).toEqual([]);
  });

  test('A build whose guest is powered off fails and leaves nothing behind', async () => {
    guests().onCommand(async (guest, command) => {
      if (command.startsWith('cloud-init')) await guest.powerOff();
      return undefined;
    });
    const { code, err } = await bench.build();
    expect(code).not.toBe(0);
    expect(err).toContain('the connection was lost');
    expect(listLeaks(bench)).toEqual([]);
  });

  test('The images of two builds differ, and neither contains a key or the user data', async () => {
    await bench.build();
    await bench.build();
    const { state } = bench.emulator.cloud('a');
    const ids = listCompleteImages(bench).a;
    const hashes = ids.map((id) => state.images.get(id)?.['os_hash_value']);
    expect(new Set(hashes).size).toBe(2);
    for (const id of ids) {
      const data = state.imageData.get(id)?.toString('latin1') ?? '';
      expect(data).toContain('/usr/local/share/installed');
      expect(data).not.toMatch(/PRIVATE KEY|ssh-ed25519|MARKER=|cloud-init status/);
    }
  });

  test('Only the script receives the operator’s secrets; neither user data nor images contain them', async () => {
    const { code } = await withSecretScript((more) => bench.build(more));
    expect(code).toBe(0);
    const [guest] = guests().all;
    expect(guest?.log.filter(({ stdin }) => stdin.includes(SECRET))).toMatchObject([{ code: 0 }]);
    expect(guest?.log.filter(({ command }) => command.includes(SECRET))).toEqual([]);
    expect(guest?.machine.userData).not.toContain(SECRET);
    const { state } = bench.emulator.cloud('a');
    for (const data of state.imageData.values()) expect(data.includes(SECRET)).toBe(false);
  });

  test('A build whose script fails prints the output of the script without its secrets', async () => {
    guests().onCommand((_guest, command) =>
      command.includes('eval') ? { code: 7, stderr: `no such token: ${SECRET}\n` } : undefined,
    );
    const { code, err } = await withSecretScript((more) => bench.build(more));
    expect(code).toBe(5);
    expect(err).toContain('Z run external script: no such token: [secret]\n');
    expect(err).toMatch(
      /ERROR: run external script: the external script failed: it exited with code 7\n {2}no such token: \[secret\]\n/,
    );
    expect(listLeaks(bench)).toEqual([]);
  });
});

/** Runs `work` with a script on a web server, and with a descriptor for its URL and its secret. */
async function withSecretScript<T>(work: (more: readonly string[]) => Promise<T>): Promise<T> {
  const web = await startHttpCloud();
  web.on('GET /script', { body: '#!/bin/sh\necho hello\n' });
  const folder = await mkdtemp(join(tmpdir(), 'secrets-'));
  const path = join(folder, 'secrets.json');
  const secrets = {
    generation: 1,
    scriptUrl: new Secret(`${web.origin}/script`),
    scriptSecrets: { TOKEN: new Secret(SECRET) },
    proxy: { http: new Secret(''), https: new Secret(''), noProxy: new Secret('') },
    openstackCa: '',
    github: {},
  };
  await writeFile(path, encodeHostSecrets(secrets));
  try {
    return await work(['--secrets-fd', `${openSync(path, 'r')}`]); // the reader closes it
  } finally {
    await web.close();
    await rm(folder, { recursive: true });
  }
}
