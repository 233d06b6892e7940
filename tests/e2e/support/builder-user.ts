import { randomBytes } from 'node:crypto';
import { askPython } from './lab.ts';

/** A user of the build project whose password a test may change. */
export interface BuilderUser {
  readonly name: string;
  /** The one it has now. */
  readonly password: () => string;
  /** Gives it another password; the old one no longer works. */
  rotatePassword(): Promise<void>;
  /** The names of its keypairs in Nova: they belong to a user, not to a project. */
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

/** Marked, so that a search finds it wherever it went. */
function newPassword(): string {
  return `planted-${randomBytes(12).toString('hex')}`;
}

/** The servers whose name begins with `prefix` that Nova ever had, also those that are deleted. */
export async function listServersEver(prefix: string): Promise<readonly { id: string; status: string }[]> {
  return (await askPython('servers-ever.py', [prefix], 60)) as readonly { id: string; status: string }[];
}
