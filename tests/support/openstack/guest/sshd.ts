import type { Socket } from 'node:net';
import ssh2, { type AuthContext, type Connection, type ServerChannel } from 'ssh2';
import type { SshKeyPair } from '../../../../src/system/ssh/ssh-keys.ts';

/** The exit code and the output of a command. */
export interface CommandResult {
  readonly code: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

/** The keys of an SSH server and the function that runs its commands. */
export interface SshdOptions {
  readonly hostKey: SshKeyPair;
  /** The only key that the user ubuntu may log in with. If undefined, every login is rejected. */
  readonly authorizedKey: string | undefined;
  /** Runs a command; called when stdin is complete. */
  readonly run: (command: string, stdin: string) => Promise<CommandResult>;
}

/** Starts an SSH server and returns the function that accepts a connection. */
export function openSshd(options: SshdOptions): (socket: Socket) => void {
  const hostKeys = [options.hostKey.privateKey.reveal()];
  const server = new ssh2.Server({ hostKeys }, (connection) => {
    connection.on('error', () => undefined);
    connection.on('authentication', (context) => {
      authenticate(context, options.authorizedKey);
    });
    serveCommands(connection, options.run);
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

/** Verifies a key. A client first asks without a signature whether the key would be accepted, and then signs. */
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
  return verdict === true; // verify may return an Error
}

function serveCommands(connection: Connection, run: SshdOptions['run']): void {
  connection.on('session', (accept) => {
    accept().on('exec', (acceptExec, _reject, { command }) => {
      serveCommand(acceptExec(), command, run);
    });
  });
}

function serveCommand(channel: ServerChannel, command: string, run: SshdOptions['run']): void {
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
