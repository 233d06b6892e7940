import type { CloudName } from './accounts.ts';
import { glanceRoutes } from './glance.ts';
import { openGuests } from './guests.ts';
import { addQueuedImage, storeImageData } from './images.ts';
import { seedImages } from './images-seed.ts';
import { keystoneRoutes } from './keystone.ts';
import { makeNetwork } from './neutron-records.ts';
import { neutronRoutes, seedCompute } from './neutron.ts';
import { novaRoutes } from './nova.ts';
import { openPace } from './pace.ts';
import type { Route } from './route.ts';
import { type Served, serveCloud } from './serve.ts';
import type { Account, CloudState, ImageRecord } from './state.ts';
import { type Troubles, openTroubles } from './troubles.ts';

/** One cloud, as a test or the demo holds it. */
export interface EmulatedCloud {
  readonly state: CloudState;
  /** Keystone's root. */
  readonly authUrl: string;
  readonly troubles: Troubles;
  /** Changes a password; the user's tokens end. */
  setPassword(user: string, password: string): void;
  /** No token is good any more. */
  expireTokens(): void;
  /** The data of the next upload is lost, and its image killed. */
  killNextUpload(): void;
  /** The data of the next snapshot is lost, and its image killed. */
  killNextSnapshot(): void;
  /** The next server ends in ERROR with this fault. */
  failNextServer(fault: string): void;
  /** The most things in one answer to a list. */
  setPageSize(size: number): void;
  /** Puts an image there, as its owner would by hand; active when it has data. */
  addImage(image: AddedImage): ImageRecord;
  /** A second network of the same name is no error in Neutron. */
  addNetwork(name: string): void;
  requests(): readonly Pick<Served, 'route' | 'status'>[];
  /** The cloud is away: connections are refused. */
  stop(): Promise<void>;
  /** It is back, at the same address. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** An image of somebody else's making. */
interface AddedImage {
  readonly name: string;
  /** The name of the user whose project has it. */
  readonly owner: string;
  readonly visibility?: string;
  readonly data?: Buffer;
  readonly properties?: Readonly<Record<string, string>>;
}

/** What a cloud is made from. */
export interface CloudParts {
  readonly name: CloudName;
  readonly accounts: readonly Account[];
  readonly speed: number;
  readonly linkBytesPerSecond: number | undefined;
  readonly onServed: (served: Served) => void;
}

/** As many as Glance and Nova give. */
const PAGE_SIZE = 1000;

const bothRoutes = [...keystoneRoutes, ...glanceRoutes];

/** The calls that the cloud of this name answers. */
export function routesOf(name: CloudName): readonly Route[] {
  return name === 'a' ? [...bothRoutes, ...novaRoutes, ...neutronRoutes] : bothRoutes;
}

/** Opens a cloud and serves it. */
export async function openCloud(parts: CloudParts): Promise<EmulatedCloud> {
  const state = await makeState(parts);
  const troubles = openTroubles();
  const requests: Pick<Served, 'route' | 'status'>[] = [];
  const server = await serveCloud({
    state,
    troubles,
    routes: routesOf(parts.name),
    linkBytesPerSecond: parts.linkBytesPerSecond,
    onServed: (served) => {
      requests.push({ route: served.route, status: served.status });
      parts.onServed(served);
    },
  });
  return {
    state,
    troubles,
    authUrl: `${server.origin}/identity/v3`,
    requests: () => requests,
    ...verbsOf(state),
    stop: () => server.stop(),
    start: () => server.start(),
    close: async () => {
      await server.stop();
      state.pace.close();
      await state.guests?.close();
    },
  };
}

type Verbs = Exclude<
  keyof EmulatedCloud,
  'state' | 'authUrl' | 'troubles' | 'requests' | 'stop' | 'start' | 'close'
>;

function verbsOf(state: CloudState): Pick<EmulatedCloud, Verbs> {
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
      state.networks.push(makeNetwork(name, new Date(state.pace.now()).toISOString()));
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

async function makeState({ name, accounts, speed }: CloudParts): Promise<CloudState> {
  const pace = openPace(speed);
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
    pace,
  };
  seedImages(state);
  return state;
}
