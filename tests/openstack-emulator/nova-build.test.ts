import { openSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { listGuestParts } from '../../src/guest/parts.ts';
import { encodeHostSecrets } from '../../src/model/host-secrets.ts';
import { Secret } from '../../src/model/secret.ts';
import { startHttpCloud } from '../support/http-cloud.ts';
import { listCompleteImages, listLeaks, useEmulator } from '../whole-path/program-on-emulator.ts';

const bench = useEmulator();
const SECRET = 'secret-MARKED';

const guests = () => {
  const found = bench.emulator.cloud('a').state.guests;
  if (found === undefined) throw new Error('expected cloud a to have guests');
  return found;
};
const partNames = listGuestParts({ runner: { version: '1', url: '', sha256: '' } }).map(({ name }) => name);

describe('build on the emulator', () => {
  test('A build creates an image in both clouds and leaves nothing else behind', async () => {
    const { code, json, err } = await bench.build();
    expect([code, err]).toEqual([0, expect.not.stringContaining('ERROR')]);
    expect(json).toMatchObject({ runner_version: '2.331.0', flavor: 'lab.runner', network: 'lab' });
    expect(listCompleteImages(bench)).toMatchObject({ a: [expect.any(String)], b: [expect.any(String)] });
    expect(listLeaks(bench)).toEqual([]);
  });

  test('A build runs the same commands in an emulated guest as in a real one, in the same order', async () => {
    await bench.build();
    const [guest, ...others] = guests().all;
    expect(others).toEqual([]);
    expect(guest?.log.map(({ command, code }) => [command, code])).toEqual([
      ['cloud-init status --wait', 0],
      ['sudo -n cat /var/lib/github-runner-image-builder/parts', 0],
      ['sudo -n sh -s', 0],
      ['sudo -n sh -s', 0],
    ]);
    expect(guest?.log[2]?.stdin).toContain(`check ${partNames.at(-1) ?? ''} `);
  });

  test('A build whose guest part fails prints the last lines of that part and leaves nothing behind', async () => {
    guests().failPart('users', 3, ['no group lxd']);
    const { code, err } = await bench.build();
    expect(code).not.toBe(0);
    expect(err).toMatch(/part users of the guest failed with exit code 3\n\s+no group lxd/);
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
    expect(code).not.toBe(0);
    expect(err).toMatch(/exit code 7\n\s+no such token: \[secret\]/);
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
  };
  await writeFile(path, encodeHostSecrets(secrets));
  try {
    return await work(['--secrets-fd', `${openSync(path, 'r')}`]); // the reader closes it
  } finally {
    await web.close();
    await rm(folder, { recursive: true });
  }
}
