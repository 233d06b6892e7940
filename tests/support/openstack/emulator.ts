import { type CloudName, makeAccounts } from './accounts.ts';
import { type EmulatorInventory, takeInventory } from './inventory.ts';
import { renderCloudsYaml, renderCredentials } from './clouds-yaml.ts';
import { type EmulatedCloud, openCloud } from './emulated-cloud.ts';
import type { ServedRequest } from './server/serve-cloud.ts';

/** The settings of the emulator. */
export interface EmulatorOptions {
  /** The factor by which operations are faster than in a real cloud. */
  readonly speed?: number;
  /** The rate of image data to and from each cloud, in bytes per real second; unlimited by default. */
  readonly linkBytesPerSecond?: number;
  /** Called for every request that was answered or cut off. */
  readonly onServed?: (cloud: CloudName, served: ServedRequest) => void;
}

/** Two OpenStack clouds on loopback: `a` with Keystone, Glance, Nova and Neutron, `b` with Keystone and Glance. */
export interface Emulator {
  cloud(name: CloudName): EmulatedCloud;
  /** The text of a clouds.yaml with the lab's entries. */
  cloudsYaml(): string;
  /** Returns the relation data of a consumer with this entry of clouds.yaml. */
  credentials(entry: string): Record<string, string>;
  /** The SSH port of all guests. */
  readonly guestPort: number;
  /** Returns the resources of both clouds and the requests that they have received so far. */
  inventory(): EmulatorInventory;
  close(): Promise<void>;
}

/** Starts both clouds. They contain only what the operator of a cloud provides: base images, flavors and a network. */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const open = (name: CloudName): Promise<EmulatedCloud> =>
    openCloud({
      name,
      accounts: makeAccounts(name),
      speed: options.speed ?? 1000,
      linkBytesPerSecond: options.linkBytesPerSecond,
      onServed: (served) => options.onServed?.(name, served),
    });
  const [a, b] = await Promise.all([open('a'), open('b')]);
  const clouds = { a, b };
  const address = (name: CloudName) => ({
    authUrl: clouds[name].authUrl,
    region: clouds[name].state.region,
    accounts: clouds[name].state.accounts,
  });
  return {
    cloud: (name) => clouds[name],
    cloudsYaml: () => renderCloudsYaml(address),
    credentials: (entry) => renderCredentials(entry, address),
    guestPort: a.state.guestPort ?? 22,
    inventory: () => ({ a: takeInventory(a.state, a.requests()), b: takeInventory(b.state, b.requests()) }),
    close: async () => {
      await Promise.all([a.close(), b.close()]);
    },
  };
}
