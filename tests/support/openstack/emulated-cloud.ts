import type { CloudName } from './accounts.ts';
import { cinderRoutes } from './cinder/cinder-routes.ts';
import { glanceRoutes } from './glance/glance-routes.ts';
import { openGuests } from './guest/guests.ts';
import { seedImages } from './glance/seed-images.ts';
import { keystoneRoutes } from './keystone/keystone-routes.ts';
import { neutronRoutes, seedCompute } from './neutron/neutron-routes.ts';
import { novaRoutes } from './nova/nova-routes.ts';
import { createEmulatorClock } from './emulator-clock.ts';
import type { Route } from './server/route.ts';
import { type ServedRequest, serveCloud } from './server/serve-cloud.ts';
import { type CloudControls, controlsOf } from './cloud-controls.ts';
import type { Account, CloudState } from './cloud-state.ts';
import { type FaultInjector, createFaultInjector } from './server/fault-injector.ts';

/** One emulated cloud with its controls. */
export interface EmulatedCloud extends CloudControls {
  readonly state: CloudState;
  /** The root URL of Keystone. */
  readonly authUrl: string;
  readonly faults: FaultInjector;
  requests(): readonly Pick<ServedRequest, 'route' | 'status'>[];
  /** Returns the number of bytes of image data that were sent so far. */
  sentBytes(): number;
  /** Stops the cloud, so that it refuses connections. */
  stop(): Promise<void>;
  /** Starts the cloud again at the same address. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** The settings of an emulated cloud. */
export interface CloudSettings {
  readonly name: CloudName;
  readonly accounts: readonly Account[];
  readonly speed: number;
  readonly now: () => number;
  readonly linkBytesPerSecond: number | undefined;
  readonly discardsUploads: boolean;
  readonly onServed: (served: ServedRequest) => void;
}

/** The default of Glance and Nova. */
const PAGE_SIZE = 1000;

const commonRoutes = [...keystoneRoutes, ...glanceRoutes];

/** Returns the routes of a cloud whose answers were recorded from a real OpenStack. */
export function routesOf(name: CloudName): readonly Route[] {
  return name === 'a' ? [...commonRoutes, ...novaRoutes, ...neutronRoutes] : commonRoutes;
}

/** Creates a cloud and starts its server. */
export async function openCloud(parts: CloudSettings): Promise<EmulatedCloud> {
  const state = await makeState(parts);
  const troubles = createFaultInjector();
  const requests: Pick<ServedRequest, 'route' | 'status'>[] = [];
  const server = await serveCloud({
    state,
    faults: troubles,
    routes: [...routesOf(parts.name), ...cinderRoutes],
    linkBytesPerSecond: parts.linkBytesPerSecond,
    onServed: (served) => {
      requests.push({ route: served.route, status: served.status });
      parts.onServed(served);
    },
  });
  state.origin = server.origin;
  return {
    state,
    faults: troubles,
    authUrl: `${server.origin}/identity/v3`,
    requests: () => requests,
    ...controlsOf(state),
    sentBytes: () => server.sentBytes(),
    stop: () => server.stop(),
    start: () => server.start(),
    close: async () => {
      await server.stop();
      state.clock.close();
      await state.guests?.close();
    },
  };
}

async function makeState({
  name,
  accounts,
  speed,
  now,
  discardsUploads,
}: CloudSettings): Promise<CloudState> {
  const pace = createEmulatorClock(speed, now);
  const hasServers = name === 'a';
  const guests = hasServers ? await openGuests(pace) : undefined;
  const compute = hasServers
    ? seedCompute(accounts)
    : { flavors: [], networks: [], securityGroups: new Map<string, never>() };
  const state: CloudState = {
    name,
    region: `lab-${name}`,
    accounts,
    tokens: new Map(),
    tokensEver: [],
    images: new Map(),
    imageData: new Map(),
    repeatedData: new Map(),
    usedImageIds: new Set(),
    members: new Map(),
    servers: new Map(),
    serversEver: [],
    keypairs: [],
    ports: new Map(),
    floatingIps: new Map(),
    volumes: new Map(),
    hasBlockStorage: false,
    volumeQuota: 10,
    failNextVolume: false,
    failNextVolumeUpload: false,
    ...compute,
    hasServers,
    ...(guests === undefined ? {} : { guests, guestPort: guests.port }),
    pageSize: PAGE_SIZE,
    hashKinds: ['md5', 'sha512'],
    discardsUploads,
    leavesPorts: false,
    regions: [],
    origin: '',
    killNextUpload: false,
    killNextSnapshot: false,
    clock: pace,
  };
  seedImages(state);
  return state;
}
