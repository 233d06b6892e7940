import { randomBytes } from 'node:crypto';
import { askPython } from './lab.ts';

/** A user of the build project whose password a test may change. */
export interface BuilderUser {
  readonly name: string;
  /** Returns the current password. */
  readonly password: () => string;
  /** Changes the password; the old one no longer works. */
  rotatePassword(): Promise<void>;
  /** Returns the names of its keypairs in Nova. A keypair belongs to a user, not to a project. */
  listKeypairs(): Promise<readonly string[]>;
  delete(): Promise<void>;
}

/** Creates a member of the project `builder`. */
export async function createBuilderUser(name: string): Promise<BuilderUser> {
  let password = newPassword();
  await askPython('user.py', ['create', name, password, 'builder'], 60);
  return {
    name,
    password: () => password,
    rotatePassword: async () => {
      password = newPassword();
      await askPython('user.py', ['password', name, password], 60);
    },
    listKeypairs: async () => (await askPython('user.py', ['keypairs', name], 60)) as readonly string[],
    delete: async () => {
      await askPython('user.py', ['delete', name], 60);
    },
  };
}

/** Returns a password with a mark, so that a search finds it. */
function newPassword(): string {
  return `planted-${randomBytes(12).toString('hex')}`;
}

/** A server that may have been deleted. */
interface PastServer {
  readonly id: string;
  readonly status: string;
  /** The time of the order. */
  readonly created: string;
  /** The time when it was deleted; null while it exists. */
  readonly terminated: string | null;
}

/** Returns all servers whose name begins with `prefix`, including deleted ones. */
export async function listServersEver(prefix: string): Promise<readonly PastServer[]> {
  return (await askPython('servers-ever.py', [prefix], 60)) as readonly PastServer[];
}
