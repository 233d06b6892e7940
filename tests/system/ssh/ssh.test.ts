import { type Socket, createServer } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import ssh2 from 'ssh2';
import { Secret } from '../../../src/model/secret.ts';
import { SSH_KEY_TYPES, generateSshKeyPair } from '../../../src/system/ssh/ssh-keys.ts';
import { SshHostKeyError, SshUnreachableError } from '../../../src/system/ssh/ssh-errors.ts';
import { connectSsh } from '../../../src/system/ssh/ssh.ts';
import {
  type SshServer,
  type SshServerOptions,
  closeAll,
  fingerprintOf,
  listen,
  startSshServer,
} from '../../support/ssh-server.ts';

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function start(options?: SshServerOptions): Promise<SshServer> {
  const server = await startSshServer(options);
  closers.push(() => server.close());
  return server;
}

const LIMITS = { timeoutMs: 10_000 };
const RSA_KEY = ssh2.utils.generateKeyPairSync('rsa', { bits: 2048 }).private;
const STRANGER = generateSshKeyPair('stranger');

async function startSilent(): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
  closers.push(() => closeAll(server, sockets));
  return listen(server);
}

describe('connecting over SSH', () => {
  test('a server with one of the expected host keys is logged in to', async () => {
    const server = await start();
    const others = [fingerprintOf(STRANGER.publicKey), ...server.target.hostKeyFingerprints];
    const session = await connectSsh({ ...server.target, hostKeyFingerprints: others }, LIMITS);
    session.close();
    expect(server.authAttempts).toEqual(['publickey', 'publickey']); // the query, then the signature
  });

  test.each(SSH_KEY_TYPES)(
    'a key of type %s logs in to a server that checks signatures',
    async (userKeyType) => {
      const session = await connectSsh((await start({ userKeyType })).target, LIMITS);
      session.close();
    },
  );

  test.each([
    ['another host key', [fingerprintOf(STRANGER.publicKey)]],
    ['no known host key', []],
  ])('no login is sent to a server with %s', async (_name, hostKeyFingerprints) => {
    const server = await start();
    const failure = connectSsh({ ...server.target, hostKeyFingerprints }, LIMITS);
    await expect(failure).rejects.toThrow(SshHostKeyError);
    await expect(failure).rejects.toMatchObject({ kind: 'build' });
    const message = await failure.catch((error: unknown) => String(error));
    expect(message).toContain(`expected host key ${hostKeyFingerprints[0] ?? 'none'}`);
    expect(message).toContain(`got ${fingerprintOf(server.hostKey.publicKey)}`);
    expect(message).toContain("ask the cloud's operator");
    expect(server.authAttempts).toEqual([]);
  });

  test.each([
    ['ecdsa', ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 }).private],
    ['rsa', RSA_KEY],
  ])('an expected host key of type %s is accepted', async (_type, hostKey) => {
    const server = await start({ hostKeys: [hostKey] });
    const session = await connectSsh(server.target, LIMITS);
    session.close();
  });

  test('a server that offers only SHA-1 host keys is refused', async () => {
    const server = await start({ hostKeys: [RSA_KEY], hostKeyAlgorithm: 'ssh-rsa' });
    await expect(connectSsh(server.target, LIMITS)).rejects.toThrow(SshUnreachableError);
    expect(server.authAttempts).toEqual([]);
  });

  test('a login with an unknown key fails', async () => {
    const server = await start();
    const failure = connectSsh({ ...server.target, privateKey: STRANGER.privateKey }, LIMITS);
    await expect(failure).rejects.toThrow(SshUnreachableError);
    await expect(failure).rejects.toMatchObject({ kind: 'unavailable', cause: expect.any(Error) });
  });

  test('the error for an invalid private key does not quote the key', async () => {
    const server = await start();
    const failure = connectSsh({ ...server.target, privateKey: new Secret('hunter2') }, LIMITS);
    await expect(failure).rejects.toThrow('the private key cannot be used');
    expect(String(await failure.catch((error: unknown) => error))).not.toContain('hunter2');
  });

  test('the error for a refused connection names the address and the reason', async () => {
    const server = await start();
    await server.close();
    const failure = connectSsh(server.target, LIMITS);
    await expect(failure).rejects.toThrow(SshUnreachableError);
    await expect(failure).rejects.toThrow(
      `SSH to ubuntu@127.0.0.1:${server.target.port}: connect ECONNREFUSED`,
    );
  });

  test('a login to a silent server fails at the deadline', async () => {
    const { target } = await start();
    const failure = connectSsh({ ...target, port: await startSilent() }, { timeoutMs: 100 });
    await expect(failure).rejects.toThrow(SshUnreachableError);
    await expect(failure).rejects.toThrow('no login within 0.1 s');
  });

  test('an aborted signal fails a connection before and during the login', async () => {
    const { target } = await start();
    const silent = { ...target, port: await startSilent() };
    const reason = new Error('stopped by the operator');
    const early = connectSsh(silent, { ...LIMITS, signal: AbortSignal.abort(reason) });
    await expect(early).rejects.toBe(reason);
    const controller = new AbortController();
    const failure = connectSsh(silent, { ...LIMITS, signal: controller.signal });
    setTimeout(() => {
      controller.abort(reason);
    }, 20);
    await expect(failure).rejects.toBe(reason);
  });
});
