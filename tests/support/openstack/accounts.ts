import { randomBytes } from 'node:crypto';
import type { Account } from './cloud-state.ts';

/** The names of the emulated clouds, in the order in which they are started. */
export const CLOUD_NAMES = ['a', 'b', 'c', 'd'] as const;
export type CloudName = (typeof CLOUD_NAMES)[number];

/** The login of one entry of clouds.yaml. */
export interface CloudEntry {
  readonly cloud: CloudName;
  readonly user: string;
  readonly hasRegion: boolean;
  readonly method: 'password' | 'application credential';
}

/** The entries of the lab's clouds.yaml, without those of the administrators, and one entry for each further cloud. */
export const CLOUD_ENTRIES: Readonly<Record<string, CloudEntry>> = {
  builder: { cloud: 'a', user: 'builder', hasRegion: true, method: 'password' },
  neighbour: { cloud: 'a', user: 'neighbour', hasRegion: false, method: 'password' },
  consumer: { cloud: 'b', user: 'consumer', hasRegion: true, method: 'password' },
  'neighbour-b': { cloud: 'b', user: 'neighbour', hasRegion: false, method: 'password' },
  'builder-appcred': { cloud: 'a', user: 'builder', hasRegion: true, method: 'application credential' },
  'consumer-c': { cloud: 'c', user: 'consumer', hasRegion: true, method: 'password' },
  'consumer-d': { cloud: 'd', user: 'consumer', hasRegion: true, method: 'password' },
};

/** Returns an id of a user or project, which is a UUID without dashes. */
const newId = (): string => randomBytes(16).toString('hex');

/** Creates the users of a cloud. Each is a member of a project with the user's name. */
export function makeAccounts(cloud: CloudName): readonly Account[] {
  const entries = Object.values(CLOUD_ENTRIES).filter((entry) => entry.cloud === cloud);
  return [...new Set(entries.map((entry) => entry.user))].map((user) => {
    const hasCredential = entries.some(
      (entry) => entry.user === user && entry.method === 'application credential',
    );
    return {
      userId: newId(),
      userName: user,
      projectId: newId(),
      projectName: user,
      password: randomBytes(12).toString('base64url'),
      ...(hasCredential
        ? { applicationCredential: { id: newId(), secret: randomBytes(32).toString('base64url') } }
        : {}),
    };
  });
}
