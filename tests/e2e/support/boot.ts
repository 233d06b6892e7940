import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { askPython } from './lab.ts';

/** The options for booting an image. */
export interface BootOptions {
  readonly cloud?: string;
  readonly flavor?: string;
  readonly userData?: string;
}

/** The options for a command in a guest. */
interface CommandOptions {
  /** The standard input: text, or the path of a file. */
  readonly input?: string | { readonly file: string };
  /** Default: 120. */
  readonly seconds?: number;
}

/** A server that accepts SSH. */
export interface Guest {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  /** Runs a shell command in the guest. Throws when its exit code is not 0. */
  run(command: string, options?: CommandOptions): Promise<string>;
  /** Returns the console output that Nova keeps. */
  console(): Promise<string>;
}

const SSH_OPTIONS = [
  ...['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'BatchMode=yes'],
  ...['-o', 'ConnectTimeout=5', '-o', 'LogLevel=ERROR', '-o', 'IdentitiesOnly=yes'],
];

async function ssh(
  keyFile: string,
  address: string,
  command: string,
  { input = '', seconds = 120 }: CommandOptions = {},
): Promise<string> {
  const target = ['-i', keyFile, ...SSH_OPTIONS, `ubuntu@${address}`, command];
  const stdin = typeof input === 'string' ? { input } : { inputFile: input.file };
  const { stdout } = await execa('ssh', target, { timeout: seconds * 1000, ...stdin });
  return stdout;
}

async function waitForSsh(keyFile: string, address: string): Promise<void> {
  const deadline = Date.now() + 240_000;
  for (;;) {
    try {
      await ssh(keyFile, address, 'true');
      return;
    } catch (cause) {
      if (Date.now() > deadline) throw new Error(`no SSH on ${address} in time`, { cause });
      await sleep(1000);
    }
  }
}

async function makeKey(folder: string): Promise<string> {
  const keyFile = join(folder, 'key');
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', keyFile], { timeout: 10_000 });
  return keyFile;
}

async function createServer(
  name: string,
  keyFile: string,
  imageId: string,
  options: BootOptions,
): Promise<Guest> {
  const { cloud = 'builder', flavor = 'lab.runner', userData = '' } = options;
  const publicKey = await readFile(`${keyFile}.pub`, 'utf8');
  const args = ['create', cloud, name, imageId, flavor, publicKey, userData];
  const { id, address } = (await askPython('server.py', args, 240)) as { id: string; address: string };
  return {
    id,
    name,
    address,
    run: (command, options) => ssh(keyFile, address, command, options),
    async console() {
      const answer = (await askPython('server.py', ['console', cloud, name], 60)) as { output: string };
      return answer.output;
    },
  };
}

/** Boots the image on the network `lab`, waits for SSH and calls `use`. Deletes server and key even after a failure. */
export async function withGuest<T>(
  imageId: string,
  use: (guest: Guest) => Promise<T>,
  options: BootOptions = {},
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'e2e-boot-'));
  const name = `e2e-boot-${randomUUID().slice(0, 8)}`;
  try {
    const keyFile = await makeKey(folder);
    const guest = await createServer(name, keyFile, imageId, options);
    await waitForSsh(keyFile, guest.address);
    return await use(guest);
  } finally {
    await askPython('server.py', ['delete', options.cloud ?? 'builder', name], 180);
    await rm(folder, { recursive: true });
  }
}

/** Boots the image and runs one command over SSH. Returns its standard output. */
export async function runOnImage(
  imageId: string,
  command: string,
  options: BootOptions = {},
): Promise<string> {
  return withGuest(imageId, (guest) => guest.run(command), options);
}
