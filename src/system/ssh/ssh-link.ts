import { createHash } from 'node:crypto';
import { type Socket, connect } from 'node:net';
import type { Secret } from '../../model/secret.ts';
import type { Outcome } from '../settle.ts';
import { SshHostKeyError, SshUnreachableError } from './ssh-errors.ts';
import { type ConnectConfig, type ServerHostKeyAlgorithm, loadSsh2 } from './ssh2.ts';
import { withoutTrailing } from '../../model/text/without-trailing.ts';

/** The address, the login and the expected host keys of an SSH server. */
export interface SshTarget {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  /** In OpenSSH's PEM format. */
  readonly privateKey: Secret;
  /** In OpenSSH's form, `SHA256:…`. An empty list trusts no server. */
  readonly hostKeyFingerprints: readonly string[];
}

const KEEP_ALIVE_MISSES = 4;

/** All algorithms except ssh-dss and ssh-rsa, which uses SHA-1. */
const HOST_KEY_ALGORITHMS: ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];

/** One TCP connection with its SSH client. Remembers why it failed. */
export class SshLink {
  readonly client = new (loadSsh2().Client)();
  readonly #target: SshTarget;
  readonly #keepAliveMs: number;
  readonly #socket: Socket;
  #firstError: Error | undefined;
  #refusedKey: string | undefined;

  constructor(target: SshTarget, keepAliveMs: number) {
    this.#target = target;
    this.#keepAliveMs = keepAliveMs;
    this.#socket = connect({ host: target.host, port: target.port, noDelay: true });
    // Never remove these listeners: an error event without a listener, however late, would end the process.
    this.#socket.on('error', () => undefined);
    this.client.on('error', (error) => {
      this.#firstError ??= error;
    });
    // A peer that has ended its side may never read our remaining data, and no keep-alive would notice.
    this.client.on('end', () => this.#socket.destroy());
    this.client.setMaxListeners(0);
  }

  /** Logs in and reports success or failure to `outcome`. */
  open(outcome: Outcome<undefined>): void {
    const fail = (): void => {
      outcome.reject(this.#connectFailure());
    };
    this.client.on('ready', () => {
      outcome.resolve(undefined);
    });
    this.client.on('error', fail);
    this.client.on('close', fail);
    try {
      this.client.connect(this.#config());
    } catch (error) {
      outcome.reject(this.unreachable('the private key cannot be used', error));
    }
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  close(): void {
    this.client.end();
    this.#socket.destroy(); // client.end() alone would wait for the peer
  }

  /** Creates the error for a failure of this connection. The default cause is the connection's first error. */
  unreachable(what: string, cause: unknown = this.#firstError): SshUnreachableError {
    const { username, host, port } = this.#target;
    return new SshUnreachableError(
      `SSH to ${username}@${host}:${port}: ${what}`,
      cause === undefined ? undefined : { cause },
    );
  }

  #connectFailure(): Error {
    if (this.#refusedKey !== undefined) return hostKeyError(this.#target, this.#refusedKey);
    return this.unreachable(this.#firstError?.message ?? 'the server closed the connection');
  }

  #config(): ConnectConfig {
    return {
      sock: this.#socket,
      username: this.#target.username,
      privateKey: this.#target.privateKey.reveal(),
      authHandler: ['publickey'],
      algorithms: { serverHostKey: HOST_KEY_ALGORITHMS },
      hostVerifier: (key: Buffer) => this.#isExpected(key),
      readyTimeout: 0, // the deadline of connectSsh covers it
      keepaliveInterval: this.#keepAliveMs,
      keepaliveCountMax: KEEP_ALIVE_MISSES,
    };
  }

  #isExpected(key: Buffer): boolean {
    const fingerprint = fingerprintOf(key);
    const isExpected = this.#target.hostKeyFingerprints.includes(fingerprint);
    if (!isExpected) this.#refusedKey = fingerprint;
    return isExpected;
  }
}

function fingerprintOf(key: Buffer): string {
  return `SHA256:${withoutTrailing('=', createHash('sha256').update(key).digest('base64'))}`;
}

function hostKeyError(target: SshTarget, got: string): SshHostKeyError {
  const expected = target.hostKeyFingerprints.join(' or ') || 'none, because no host key is known';
  return new SshHostKeyError(
    `SSH to ${target.host}:${target.port}: expected host key ${expected}, got ${got}; nothing was sent; ` +
      `ask the cloud's operator which server answers at this address`,
  );
}
