import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CHECKS_COMMAND, findFailedChecks, renderChecks } from '../../src/guest/checks.ts';
import { CLEAN_UP_COMMAND, renderCleanUp } from '../../src/guest/clean-up.ts';
import { findHostKeyFingerprints } from '../../src/guest/console.ts';
import {
  SCRIPT_INSTALL_COMMAND,
  SCRIPT_REMOVE_COMMAND,
  SCRIPT_RUN_COMMAND,
} from '../../src/guest/external-script.ts';
import { INSTALL_COMMAND, renderInstall } from '../../src/guest/install-part.ts';
import { listGuestParts } from '../../src/guest/parts.ts';
import { renderUserData } from '../../src/guest/user-data.ts';
import { SshUnreachableError } from '../../src/system/ssh/ssh-errors.ts';
import { generateSshKeyPair } from '../../src/system/ssh/ssh-keys.ts';
import { type SshResult, type SshSession, connectSsh } from '../../src/system/ssh/ssh.ts';
import { poll } from '../contract/poll.ts';
import { guestContent } from '../support/guest-content.ts';
import type { Guest } from '../support/openstack/guest/guest.ts';
import { type Guests, openGuests } from '../support/openstack/guest/guests.ts';
import { type EmulatorClock, createEmulatorClock } from '../support/openstack/emulator-clock.ts';

const BUILD_ID = 'b1';
const PARTS = listGuestParts(guestContent());
const NAMES = PARTS.map(({ name }) => name);
const WAIT = 'cloud-init status --wait';

let pace: EmulatorClock;
let guests: Guests;
let console = '';
const keys = generateSshKeyPair('builder');
const open: SshSession[] = [];

beforeEach(async () => {
  pace = createEmulatorClock(1000);
  guests = await openGuests(pace);
  console = '';
});

afterEach(async () => {
  for (const session of open.splice(0)) session.close();
  pace.close();
  await guests.close();
});

function boot(userData = renderUserData(BUILD_ID)): Guest {
  return guests.boot({
    serverId: 's1',
    serverName: 'server',
    address: guests.nextAddress(),
    userData,
    authorizedKey: keys.publicKey,
    print: (text) => (console += text),
  });
}

const fingerprints = (): Promise<readonly string[]> =>
  poll('a host key on the console', 20, () => {
    const found = findHostKeyFingerprints(console, BUILD_ID);
    return Promise.resolve(found.length > 0 ? found : undefined);
  });

async function logIn({ machine }: Guest, username = 'ubuntu', { privateKey } = keys): Promise<SshSession> {
  const target = { host: machine.address, port: machine.port, username, privateKey };
  const session = await connectSsh(
    { ...target, hostKeyFingerprints: await fingerprints() },
    { timeoutMs: 20_000 },
  );
  open.push(session);
  return session;
}

const runCommand = (session: SshSession, command: string, stdin?: string): Promise<SshResult> =>
  session.run({ command, timeoutMs: 20_000, ...(stdin === undefined ? {} : { stdin }) });

describe('emulated guest', () => {
  test('A guest prints its host key on the console and accepts the key of its server for ubuntu', async () => {
    const session = await logIn(boot());
    expect(await runCommand(session, WAIT)).toMatchObject({ exitCode: 0, stdout: '\nstatus: done\n' });
    expect(console).toMatch(/ready\n/);
  });

  test.each([
    ['with another key', 'ubuntu', generateSshKeyPair('stranger')],
    ['as another user', 'root', keys],
  ])('A login %s is rejected', async (_case, user, pair) => {
    await expect(logIn(boot(), user, pair)).rejects.toThrow(SshUnreachableError);
  });

  test('A guest installs parts and passes their checks', async () => {
    const session = await logIn(boot());
    for (const part of PARTS) {
      const result = await runCommand(session, INSTALL_COMMAND, renderInstall(part));
      expect(result).toMatchObject({ exitCode: 0, stdout: `${part.name} is installed\n` });
    }
    const checks = await runCommand(session, CHECKS_COMMAND, renderChecks(PARTS));
    expect(findFailedChecks(checks.stdout, PARTS)).toEqual([]);
  });

  test('A guest runs nothing when it receives half of a program', async () => {
    const session = await logIn(boot());
    const half = renderChecks(PARTS).slice(0, -10);
    expect((await runCommand(session, CHECKS_COMMAND, half)).stdout).toBe('');
    for (const part of PARTS) {
      const { stdout } = await runCommand(session, INSTALL_COMMAND, renderInstall(part).slice(0, -10));
      expect(stdout).toBe('');
    }
  });

  test('The installation of the part named by failPart fails with its output', async () => {
    guests.failPart('users', 4, ['no such group']);
    const guest = boot();
    const session = await logIn(guest);
    const results: [string, number][] = [];
    for (const part of PARTS) {
      const { exitCode, stdout } = await runCommand(session, INSTALL_COMMAND, renderInstall(part));
      results.push([part.name, exitCode]);
      if (exitCode !== 0) expect(stdout).toBe('no such group\n');
    }
    expect(results).toEqual(NAMES.map((name) => [name, name === 'users' ? 4 : 0]));
    expect(guest.disk.text).toContain(NAMES.filter((name) => name !== 'users').join('\n'));
  });

  test('A guest runs the external script only while it is installed', async () => {
    const session = await logIn(boot());
    expect((await runCommand(session, SCRIPT_RUN_COMMAND, '')).exitCode).toBe(127);
    await runCommand(session, SCRIPT_INSTALL_COMMAND, '#!/bin/sh\n');
    expect((await runCommand(session, SCRIPT_RUN_COMMAND, "TOKEN='x'\n")).exitCode).toBe(0);
    await runCommand(session, SCRIPT_REMOVE_COMMAND);
    expect((await runCommand(session, SCRIPT_RUN_COMMAND, '')).exitCode).toBe(127);
    expect((await runCommand(session, 'reboot')).exitCode).toBe(127);
  });

  test('Keys, user data and commands are on the disk of a guest until the clean-up', async () => {
    const guest = boot();
    const session = await logIn(guest);
    await runCommand(session, WAIT);
    for (const part of PARTS) await runCommand(session, INSTALL_COMMAND, renderInstall(part));
    const traces = /PRIVATE KEY|ssh-ed25519|MARKER=|cloud-init status/;
    expect(guest.disk.text).toMatch(traces);
    const { stdout } = await runCommand(session, CLEAN_UP_COMMAND, renderCleanUp(PARTS));
    expect(stdout).toBe('clean-up done\n');
    expect(guest.disk.text).not.toMatch(traces);
    expect(guest.disk.text).toContain(NAMES.join('\n'));
  });

  test('The newest command rule decides the result of a command until it is undone', async () => {
    const session = await logIn(boot());
    const undo = guests.onCommand((_guest, command) =>
      command === WAIT ? { code: 2, stderr: 'busy' } : undefined,
    );
    expect(await runCommand(session, WAIT)).toMatchObject({ exitCode: 2, stderr: 'busy' });
    undo();
    expect((await runCommand(session, WAIT)).exitCode).toBe(0);
    expect(guests.find('s1')?.log.map(({ code }) => code)).toEqual([2, 0]);
  });

  test('A guest that is powered off drops its connections, and another guest can use the same port', async () => {
    const guest = boot();
    const session = await logIn(guest);
    guests.onCommand(() => new Promise(() => undefined));
    const lost = runCommand(session, WAIT).catch((error: unknown) => error);
    await poll('the command to arrive', 20, () => Promise.resolve(guest.log.length > 0 || undefined));
    await guest.powerOff();
    expect(await lost).toBeInstanceOf(SshUnreachableError);
    await expect(logIn(guest)).rejects.toThrow(SshUnreachableError);
    console = '';
    const other = boot();
    expect(other.machine).toMatchObject({ port: guest.machine.port });
    await logIn(other);
  });

  test('A guest whose user data was not rendered by this software boots without host keys on the console', async () => {
    boot('#!/bin/sh\necho hello\n');
    await poll('the guest to boot', 20, () =>
      Promise.resolve(console.includes('Cloud-init v.') ? true : undefined),
    );
    expect(findHostKeyFingerprints(console, BUILD_ID)).toEqual([]);
  });
});
