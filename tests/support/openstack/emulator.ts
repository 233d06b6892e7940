import { CLOUD_NAMES, type CloudName, makeAccounts } from './accounts.ts';
import { type EmulatorInventory, takeInventory } from './inventory.ts';
import { renderCloudsYaml, renderCredentials } from './clouds-yaml.ts';
import { type EmulatedCloud, openCloud } from './emulated-cloud.ts';
import type { CloudState } from './cloud-state.ts';
import type { ServedRequest } from './server/serve-cloud.ts';

/** The settings of the emulator. */
export interface EmulatorOptions {
  /** The number of clouds, from 2 to 4. Default: 2. */
  readonly clouds?: number;
  /** The factor by which operations are faster than in a real cloud. */
  readonly speed?: number;
  /** Returns the time for timestamps, in milliseconds since 1970. Default: the real time. */
  readonly now?: () => number;
  /** The rate of image data to and from each cloud, in bytes per real second; unlimited by default. */
  readonly linkBytesPerSecond?: number;
  /** True when the clouds keep only the sizes and hashes of uploads, not their data. */
  readonly discardsUploads?: boolean;
  /** Called for every request that was answered or cut off. */
  readonly onServed?: (cloud: CloudName, served: ServedRequest) => void;
}

/** OpenStack clouds on loopback: `a` with Keystone, Glance, Nova and Neutron, `b` and further ones with Keystone and Glance. */
export interface Emulator {
  cloud(name: CloudName): EmulatedCloud;
  /** The text of a clouds.yaml with the lab's entries. */
  cloudsYaml(): string;
  /** Returns the relation data of a consumer with this entry of clouds.yaml. */
  credentials(entry: string): Record<string, string>;
  /** Returns all passwords and secrets of users, and all tokens that were issued so far. */
  secrets(): readonly string[];
  /** The SSH port of all guests. */
  readonly guestPort: number;
  /** Returns the resources of all clouds and the requests that they have received so far. */
  inventory(): EmulatorInventory;
  close(): Promise<void>;
}

/** Starts the clouds. They contain only what the operator of a cloud provides: base images, flavors and a network. */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const open = (name: CloudName): Promise<EmulatedCloud> =>
    openCloud({
      name,
      accounts: makeAccounts(name),
      speed: options.speed ?? 1000,
      now: options.now ?? Date.now,
      linkBytesPerSecond: options.linkBytesPerSecond,
      discardsUploads: options.discardsUploads ?? false,
      onServed: (served) => options.onServed?.(name, served),
    });
  const names = CLOUD_NAMES.slice(0, options.clouds ?? 2);
  const started = await Promise.all(names.map(async (name) => [name, await open(name)] as const));
  const clouds = new Map(started);
  const getCloud = (name: CloudName): EmulatedCloud => {
    const cloud = clouds.get(name);
    if (cloud === undefined) throw new Error(`expected cloud ${name} to be started, got ${names.join(', ')}`);
    return cloud;
  };
  const address = (name: CloudName) => {
    const cloud = clouds.get(name);
    return cloud === undefined
      ? undefined
      : { authUrl: cloud.authUrl, region: cloud.state.region, accounts: cloud.state.accounts };
  };
  return {
    cloud: getCloud,
    cloudsYaml: () => renderCloudsYaml(address),
    credentials: (entry) => renderCredentials(entry, address),
    secrets: () => started.flatMap(([, { state }]) => listSecrets(state)),
    guestPort: getCloud('a').state.guestPort ?? 22,
    inventory: () =>
      Object.fromEntries(
        started.map(([name, cloud]) => [name, takeInventory(cloud.state, cloud.requests())] as const),
      ) as EmulatorInventory,
    close: async () => {
      await Promise.all(started.map(([, cloud]) => cloud.close()));
    },
  };
}

function listSecrets({ accounts, tokensEver }: CloudState): readonly string[] {
  const own = accounts.flatMap(({ password, applicationCredential }) => [
    password,
    ...(applicationCredential === undefined ? [] : [applicationCredential.secret]),
  ]);
  return [...own, ...tokensEver];
}
