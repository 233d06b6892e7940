import { createHash } from 'node:crypto';
import { type AddressInfo, type Server as TcpServer, type Socket, createServer } from 'node:net';
import ssh2, {
  type AuthContext,
  type Connection,
  type ParsedKey,
  type PublicKeyAuthContext,
  type ServerChannel,
  type ServerHostKeyAlgorithm,
} from 'ssh2';
import type { SshTarget } from '../../src/system/ssh/ssh.ts';
import { type SshKeyPair, type SshKeyType, generateSshKeyPair } from '../../src/system/ssh/ssh-keys.ts';

/** Runs a command on the server. `cut` breaks the TCP connection. */
export type ExecHandler = (channel: ServerChannel, cut: () => void) => void;

/** A real SSH server on loopback, with one user's key and a few commands. */
export interface SshServer {
  readonly target: SshTarget;
  readonly hostKey: SshKeyPair;
  /** The authentication methods that clients tried, in order. */
  readonly authAttempts: readonly string[];
  /** Returns the number of open TCP connections. */
  connections(): number;
  /** Stops reading from all clients, like a host that lost its power. */
  freeze(): void;
  close(): Promise<void>;
}

export interface SshServerOptions {
  readonly commands?: Readonly<Record<string, ExecHandler>>;
  /** The private host keys. Default: one ed25519 key. */
  readonly hostKeys?: readonly string[];
  readonly hostKeyAlgorithm?: ServerHostKeyAlgorithm;
  /** The type of the user's key. Default: ed25519. */
  readonly userKeyType?: SshKeyType;
}

/** Starts the server. `target` has the correct address, user, key and fingerprints. */
export async function startSshServer(options: SshServerOptions = {}): Promise<SshServer> {
  const [hostKey, userKey] = [generateSshKeyPair('host'), generateSshKeyPair('user', options.userKeyType)];
  const sockets = new Set<Socket>();
  const authAttempts: string[] = [];
  const hostKeys = [...(options.hostKeys ?? [hostKey.privateKey.reveal()])];
  const { hostKeyAlgorithm } = options;
  const algorithms = hostKeyAlgorithm === undefined ? {} : { serverHostKey: [hostKeyAlgorithm] };
  const server = new ssh2.Server({ hostKeys, algorithms }, () => undefined);
  server.on('connection', (connection) => {
    connection.on('error', () => undefined);
    connection.on('authentication', (context) => {
      authAttempts.push(context.method);
      authenticate(context, userKey);
    });
    serveCommands(connection, options.commands ?? {}, () => {
      for (const socket of sockets) socket.destroy();
    });
  });
  const tcp = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    server.injectSocket(socket);
  });
  const port = await listen(tcp);
  return {
    target: {
      host: '127.0.0.1',
      port,
      username: 'ubuntu',
      privateKey: userKey.privateKey,
      hostKeyFingerprints: hostKeys.map(fingerprintOf),
    },
    hostKey,
    authAttempts,
    connections: () => sockets.size,
    freeze: () => {
      for (const socket of sockets) socket.pause().removeAllListeners('data');
    },
    close: () => closeAll(tcp, sockets),
  };
}

/** Returns the fingerprint of a private or public key in OpenSSH's form. */
export function fingerprintOf(key: string): string {
  const parsed = ssh2.utils.parseKey(key);
  if (parsed instanceof Error) throw parsed;
  const hash = createHash('sha256').update(parsed.getPublicSSH()).digest('base64');
  return `SHA256:${hash.replace(/=+$/, '')}`;
}

/** Listens on a free loopback port and returns it. */
export async function listen(server: TcpServer): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** Stops a server and closes its connections. */
export async function closeAll(server: TcpServer, sockets: Iterable<Socket>): Promise<void> {
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => {
    server.close(resolve);
  });
}

function authenticate(context: AuthContext, user: SshKeyPair): void {
  const known = ssh2.utils.parseKey(user.publicKey);
  if (known instanceof Error) throw known;
  const isKnown = context.method === 'publickey' && known.getPublicSSH().equals(context.key.data);
  if (isKnown && isSigned(context, known) && context.username === 'ubuntu') context.accept();
  else context.reject(['publickey']);
}

/** Reports whether the signature is correct. A client first asks without one whether the key would be accepted. */
function isSigned({ signature, blob, hashAlgo }: PublicKeyAuthContext, key: ParsedKey): boolean {
  if (signature === undefined) return true;
  const verdict: unknown = blob !== undefined && key.verify(blob, signature, hashAlgo);
  return verdict === true; // verify may return an Error
}

/** The default of sshd's MaxSessions. */
const MOST_SESSIONS = 10;

function serveCommands(
  connection: Connection,
  commands: Readonly<Record<string, ExecHandler>>,
  cut: () => void,
): void {
  let sessions = 0;
  connection.on('session', (accept, refuse) => {
    if (sessions >= MOST_SESSIONS) {
      refuse();
      return;
    }
    sessions += 1;
    const session = accept();
    session.on('close', () => {
      sessions -= 1;
    });
    session.on('exec', (acceptExec, reject, { command }) => {
      const handler = commands[command];
      if (handler === undefined) reject();
      else handler(acceptExec(), cut);
    });
  });
}
