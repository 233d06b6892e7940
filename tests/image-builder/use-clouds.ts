import { afterEach, beforeEach } from '@jest/globals';
import type { Clock } from '../../src/model/clock.ts';
import type { CloudAccess } from '../../src/openstack/login/cloud-access.ts';
import type { CloudConnection } from '../../src/openstack/cloud.ts';
import { SkippingClock } from '../support/skipping-clock.ts';
import type { CloudFixture } from '../support/cloud-fixture.ts';
import { startHttpCloud } from '../support/http-cloud.ts';
import type { CloudName } from '../support/openstack/accounts.ts';
import { type Emulator, startEmulator } from '../support/openstack/emulator.ts';
import type { ServedRequest } from '../support/openstack/server/serve-cloud.ts';
import { connectEntry, renderEntry } from './connect-entry.ts';
import { type Store, openStore } from './open-store.ts';

/** The entries of the emulator's clouds.yaml for the clouds of a test. */
const ENTRIES = { source: 'builder', b: 'consumer', c: 'consumer-c', d: 'consumer-d' } as const;

/** Four emulated clouds without images, new for each test. As a cloud fixture they are the source, which is cloud a. */
export interface CloudsFixture extends CloudFixture {
  emulator: Emulator;
  source: Store;
  b: Store;
  c: Store;
  d: Store;
  /** Connects to `source`, `b`, `c`, `d` or another name, once for each. */
  connect: (name: string) => Promise<CloudConnection>;
  /** Returns the text of an entry of clouds.yaml for `source`, `b`, `c` or `d`. */
  entry: (name: keyof typeof ENTRIES) => string;
  /** Adds another name for an entry of the emulator's clouds.yaml, with changes of the entry. */
  alias: (name: string, entry: string, change?: Partial<CloudAccess>) => void;
}

/** A name for an entry of the emulator's clouds.yaml. */
interface Alias {
  readonly entry: string;
  readonly change: Partial<CloudAccess>;
}

const nameOf = (name: keyof typeof ENTRIES): CloudName => (name === 'source' ? 'a' : name);

/** Starts the clouds before each test of the file. The clock advances by itself only for pauses between API attempts. */
export function useClouds(): CloudsFixture {
  const clouds = {} as CloudsFixture;
  const opened = new Map<string, Promise<CloudConnection>>();
  beforeEach(async () => {
    opened.clear();
    const clock = new SkippingClock(1000);
    const [emulator, served] = await startClouds(clock);
    const store = (name: keyof typeof ENTRIES): Store => {
      const openstack = emulator.cloud(nameOf(name));
      openstack.state.images.clear();
      const isOfCloud = (cloud: CloudName): boolean => cloud === nameOf(name);
      const list = () => served.flatMap(([cloud, one]) => (isOfCloud(cloud) ? [one] : []));
      return openStore(openstack, name === 'source' ? 'builder' : 'consumer', list);
    };
    const aliases = new Map<string, Alias>(
      Object.entries(ENTRIES).map(([name, entry]) => [name, { entry, change: {} }]),
    );
    const open = (name: string): Promise<CloudConnection> => {
      const { entry = name, change = {} } = aliases.get(name) ?? {};
      return connectEntry(emulator, entry, { clock, apiTimeoutMs: 1e7, access: { ...change, name } });
    };
    Object.assign(clouds, { emulator, clock, http: await startHttpCloud() });
    Object.assign(clouds, { source: store('source'), b: store('b'), c: store('c'), d: store('d') });
    clouds.entry = (name) => renderEntry(emulator, ENTRIES[name]);
    clouds.alias = (name, entry, change = {}) => void aliases.set(name, { entry, change });
    clouds.connect = (name) => {
      const connection = opened.get(name) ?? open(name);
      opened.set(name, connection);
      return connection;
    };
    clouds.connection = await clouds.connect('source');
    clouds.cloud = clouds.connection.withSignal();
  });
  afterEach(async () => {
    const connections = await Promise.allSettled(opened.values());
    for (const one of connections) if (one.status === 'fulfilled') await one.value.close();
    await clouds.emulator.close();
    await clouds.http.close();
  });
  return clouds;
}

async function startClouds(
  clock: Clock,
): Promise<readonly [Emulator, (readonly [CloudName, ServedRequest])[]]> {
  const served: (readonly [CloudName, ServedRequest])[] = [];
  const emulator = await startEmulator({
    clouds: 4,
    now: () => clock.now(),
    onServed: (name, one) => served.push([name, one]),
  });
  return [emulator, served];
}
