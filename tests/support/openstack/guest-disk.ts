import { createHash } from 'node:crypto';

/** What lies on a guest's disk, as far as an image of it could tell a secret; each file is gone once a program took it away. */
export interface GuestDisk {
  write(file: string, text: string): void;
  append(file: string, text: string): void;
  /** Takes away what a clean-up program names. */
  cleanUp(program: string): void;
  /** All that an image of the disk holds beside the base image's data. */
  readonly text: string;
}

export const FILES = {
  hostKey: '/etc/ssh/ssh_host_ed25519_key',
  authorizedKeys: '/home/ubuntu/.ssh/authorized_keys',
  userData: '/var/lib/cloud/instance/user-data.txt',
  log: '/var/log/auth.log',
  /** Beside the parts of the guest: which stay. */
  installed: '/usr/local/share/installed',
} as const;

/** By what a clean-up program names the files that it removes or empties. */
const NAMED_BY: Readonly<Record<string, string>> = {
  [FILES.hostKey]: 'ssh_host_',
  [FILES.authorizedKeys]: 'authorized_keys',
  [FILES.userData]: 'cloud-init clean',
  [FILES.log]: '/var/log',
};

/** An empty disk; `seed` stands for the times in its file system, which no two disks have in common. */
export function makeDisk(seed: string): GuestDisk {
  const files = new Map<string, string>();
  return {
    write: (file, text) => void files.set(file, text),
    append: (file, text) => void files.set(file, `${files.get(file) ?? ''}${text}`),
    cleanUp: (program) => {
      for (const file of files.keys()) {
        if (program.includes(NAMED_BY[file] ?? file)) files.delete(file);
      }
    },
    get text() {
      const times = createHash('sha256').update(seed).digest('hex');
      return [`times ${times}`, ...[...files].map(([file, text]) => `${file}\n${text}`)].join('\n');
    },
  };
}
