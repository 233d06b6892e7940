import { createHash } from 'node:crypto';

/** The files on a guest's disk that could reveal a secret in an image of the disk. */
export interface GuestDisk {
  write(file: string, text: string): void;
  append(file: string, text: string): void;
  /** Deletes the files that a clean-up program names. */
  cleanUp(program: string): void;
  /** The content that an image of the disk has in addition to the base image. */
  readonly text: string;
}

export const GUEST_FILES = {
  hostKey: '/etc/ssh/ssh_host_ed25519_key',
  authorizedKeys: '/home/ubuntu/.ssh/authorized_keys',
  userData: '/var/lib/cloud/instance/user-data.txt',
  log: '/var/log/auth.log',
  /** The names of the installed parts, which the clean-up keeps. */
  installed: '/usr/local/share/installed',
} as const;

/** Maps each file to the text in a clean-up program that removes or empties it. */
const REMOVED_BY: Readonly<Record<string, string>> = {
  [GUEST_FILES.hostKey]: 'ssh_host_',
  [GUEST_FILES.authorizedKeys]: 'authorized_keys',
  [GUEST_FILES.userData]: 'cloud-init clean',
  [GUEST_FILES.log]: '/var/log',
};

/** Creates an empty disk. `seed` makes its content unique, as the timestamps of a real file system do. */
export function createGuestDisk(seed: string): GuestDisk {
  const files = new Map<string, string>();
  return {
    write: (file, text) => void files.set(file, text),
    append: (file, text) => void files.set(file, `${files.get(file) ?? ''}${text}`),
    cleanUp: (program) => {
      for (const file of files.keys()) {
        if (program.includes(REMOVED_BY[file] ?? file)) files.delete(file);
      }
    },
    get text() {
      const times = createHash('sha256').update(seed).digest('hex');
      return [`times ${times}`, ...[...files].map(([file, text]) => `${file}\n${text}`)].join('\n');
    },
  };
}
