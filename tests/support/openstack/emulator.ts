import { type CloudName, makeAccounts } from './accounts.ts';
import { type Book, bookCloud } from './book.ts';
import { renderCloudsYaml, renderCredentials } from './clouds-yaml.ts';
import { type EmulatedCloud, openCloud } from './emulated-cloud.ts';
import type { Served } from './serve.ts';

/** How the emulator behaves. */
export interface EmulatorOptions {
  /** How much faster than a real cloud it works. */
  readonly speed?: number;
  /** How fast image data goes to and from each cloud, in bytes per real second; as fast as it can when absent. */
  readonly linkBytesPerSecond?: number;
  /** Hears of every answer. */
  readonly onServed?: (cloud: CloudName, served: Served) => void;
}

/** Two OpenStack clouds on loopback: `a` with Keystone, Glance, Nova and Neutron, `b` with Keystone and Glance. */
export interface Emulator {
  cloud(name: CloudName): EmulatedCloud;
  /** The text of a clouds.yaml with the lab's entries. */
  cloudsYaml(): string;
  /** What a consumer with this entry of clouds.yaml puts on its relation. */
  credentials(entry: string): Record<string, string>;
  /** Where guests answer SSH. */
  readonly guestPort: number;
  /** What exists, and what was asked so far. */
  book(): Book;
  close(): Promise<void>;
}

/** Starts both clouds, empty but for what an operator of a cloud provides. */
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
    book: () => ({ a: bookCloud(a.state, a.requests()), b: bookCloud(b.state, b.requests()) }),
    close: async () => {
      await Promise.all([a.close(), b.close()]);
    },
  };
}
