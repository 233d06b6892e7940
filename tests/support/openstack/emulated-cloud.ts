import type { CloudName } from './accounts.ts';
import { glanceRoutes } from './glance/glance-routes.ts';
import { openGuests } from './guest/guests.ts';
import { addQueuedImage, storeImageData } from './glance/images.ts';
import { seedImages } from './glance/seed-images.ts';
import { keystoneRoutes } from './keystone/keystone-routes.ts';
import { makeNetwork } from './neutron/records.ts';
import { neutronRoutes, seedCompute } from './neutron/neutron-routes.ts';
import { novaRoutes } from './nova/nova-routes.ts';
import { createEmulatorClock } from './emulator-clock.ts';
import type { Route } from './server/route.ts';
import { type ServedRequest, serveCloud } from './server/serve-cloud.ts';
import type { Account, CloudState, ImageRecord } from './cloud-state.ts';
import { type FaultInjector, createFaultInjector } from './server/fault-injector.ts';

/** The controls of one emulated cloud, for tests and the demo. */
export interface EmulatedCloud {
  readonly state: CloudState;
  /** The root URL of Keystone. */
  readonly authUrl: string;
  readonly faults: FaultInjector;
  /** Changes a password and revokes the user's tokens. */
  setPassword(user: string, password: string): void;
  /** Revokes all tokens. */
  expireTokens(): void;
  /** Makes the next upload fail: its data is lost and its image gets the status killed. */
  killNextUpload(): void;
  /** Makes the next snapshot fail: its data is lost and its image gets the status killed. */
  killNextSnapshot(): void;
  /** Makes the next server end in ERROR with this fault. */
  failNextServer(fault: string): void;
  /** Sets the maximum number of elements in a list response. */
  setPageSize(size: number): void;
  /** Adds an image that this software did not create. With data it is active, without it is queued. */
  addImage(image: AddedImage): ImageRecord;
  /** Adds a network. Neutron allows several networks with the same name. */
  addNetwork(name: string): void;
  requests(): readonly Pick<ServedRequest, 'route' | 'status'>[];
  /** Stops the cloud, so that it refuses connections. */
  stop(): Promise<void>;
  /** Starts the cloud again at the same address. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** An image to add by hand. */
interface AddedImage {
  readonly name: string;
  /** The name of the user whose project owns the image. */
  readonly owner: string;
  readonly visibility?: string;
  readonly data?: Buffer;
  readonly properties?: Readonly<Record<string, string>>;
}

/** The settings of an emulated cloud. */
export interface CloudSettings {
  readonly name: CloudName;
  readonly accounts: readonly Account[];
  readonly speed: number;
  readonly linkBytesPerSecond: number | undefined;
  readonly onServed: (served: ServedRequest) => void;
}

/** The default of Glance and Nova. */
const PAGE_SIZE = 1000;

const commonRoutes = [...keystoneRoutes, ...glanceRoutes];

/** Returns the routes of a cloud. */
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
    routes: routesOf(parts.name),
    linkBytesPerSecond: parts.linkBytesPerSecond,
    onServed: (served) => {
      requests.push({ route: served.route, status: served.status });
      parts.onServed(served);
    },
  });
  return {
    state,
    faults: troubles,
    authUrl: `${server.origin}/identity/v3`,
    requests: () => requests,
    ...controlsOf(state),
    stop: () => server.stop(),
    start: () => server.start(),
    close: async () => {
      await server.stop();
      state.clock.close();
      await state.guests?.close();
    },
  };
}

type Control = Exclude<
  keyof EmulatedCloud,
  'state' | 'authUrl' | 'faults' | 'requests' | 'stop' | 'start' | 'close'
>;

function controlsOf(state: CloudState): Pick<EmulatedCloud, Control> {
  return {
    setPassword: (user, password) => {
      const account = getAccount(state, user);
      account.password = password;
      for (const [token, { login }] of state.tokens) if (login === account) state.tokens.delete(token);
    },
    expireTokens: () => {
      state.tokens.clear();
    },
    killNextUpload: () => {
      state.killNextUpload = true;
    },
    killNextSnapshot: () => {
      state.killNextSnapshot = true;
    },
    failNextServer: (fault) => {
      state.failNextServer = fault;
    },
    setPageSize: (size) => {
      state.pageSize = size;
    },
    addNetwork: (name) => {
      state.networks.push(makeNetwork(name, new Date(state.clock.now()).toISOString()));
    },
    addImage: ({ owner, data, ...image }) => {
      const formats = { disk_format: 'qcow2', container_format: 'bare', visibility: 'private' };
      const { projectId } = getAccount(state, owner);
      const record = addQueuedImage(state, { ...formats, ...image, owner: projectId });
      if (data !== undefined) storeImageData(state, record, data);
      return record;
    },
  };
}

function getAccount(state: CloudState, user: string): Account {
  const account = state.accounts.find(({ userName }) => userName === user);
  if (account === undefined) throw new Error(`expected a user ${user} of cloud ${state.name}`);
  return account;
}

async function makeState({ name, accounts, speed }: CloudSettings): Promise<CloudState> {
  const pace = createEmulatorClock(speed);
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
    images: new Map(),
    imageData: new Map(),
    usedImageIds: new Set(),
    members: new Map(),
    servers: new Map(),
    serversEver: [],
    keypairs: [],
    ports: new Map(),
    ...compute,
    hasServers,
    ...(guests === undefined ? {} : { guests, guestPort: guests.port }),
    pageSize: PAGE_SIZE,
    killNextUpload: false,
    killNextSnapshot: false,
    clock: pace,
  };
  seedImages(state);
  return state;
}
