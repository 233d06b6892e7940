import type { Socket } from 'node:net';
import ssh2, { type AuthContext, type Connection, type ServerChannel } from 'ssh2';
import type { SshKeyPair } from '../../../src/system/ssh-keys.ts';

/** What a command ended with. */
export interface CommandResult {
  readonly code: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

/** How a guest lets people in, and what it does for them. */
export interface GuestDoor {
  readonly hostKey: SshKeyPair;
  /** The one key that the user ubuntu may log in with; `undefined`: nobody gets in. */
  readonly authorizedKey: string | undefined;
  /** Runs a command that has read all of its stdin. */
  readonly run: (command: string, stdin: string) => Promise<CommandResult>;
}

/** An sshd: gives what takes a new connection. */
export function openSshd(door: GuestDoor): (socket: Socket) => void {
  const hostKeys = [door.hostKey.privateKey.reveal()];
  const server = new ssh2.Server({ hostKeys }, (connection) => {
    connection.on('error', () => undefined);
    connection.on('authentication', (context) => {
      authenticate(context, door.authorizedKey);
    });
    serveCommands(connection, door.run);
  });
  return (socket) => {
    server.injectSocket(socket);
  };
}

function authenticate(context: AuthContext, authorizedKey: string | undefined): void {
  if (context.method !== 'publickey' || !isKeyOf(context, authorizedKey)) {
    context.reject(['publickey']);
    return;
  }
  context.accept();
}

/** A client first asks whether its key would do, and signs when it hears so. */
function isKeyOf(
  context: Extract<AuthContext, { readonly method: 'publickey' }>,
  authorizedKey: string | undefined,
): boolean {
  const known = authorizedKey === undefined ? undefined : ssh2.utils.parseKey(authorizedKey);
  if (known === undefined || known instanceof Error || context.username !== 'ubuntu') return false;
  if (!known.getPublicSSH().equals(context.key.data)) return false;
  const { signature, blob, hashAlgo } = context;
  if (signature === undefined) return true;
  const verdict: unknown = blob !== undefined && known.verify(blob, signature, hashAlgo);
  return verdict === true; // it may be an Error
}

function serveCommands(connection: Connection, run: GuestDoor['run']): void {
  connection.on('session', (accept) => {
    accept().on('exec', (acceptExec, _reject, { command }) => {
      serveCommand(acceptExec(), command, run);
    });
  });
}

function serveCommand(channel: ServerChannel, command: string, run: GuestDoor['run']): void {
  const stdin: Buffer[] = [];
  const answer = async (): Promise<void> => {
    const { code, stdout = '', stderr = '' } = await run(command, Buffer.concat(stdin).toString());
    if (channel.destroyed) return;
    channel.stderr.write(stderr);
    channel.write(stdout);
    channel.exit(code);
    channel.end();
  };
  channel.on('error', () => undefined);
  channel.on('data', (chunk: Buffer) => stdin.push(chunk));
  channel.on('end', () => {
    void answer();
  });
}
