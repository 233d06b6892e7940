import { addQueuedImage, storeImageData } from './glance/images.ts';
import type { RepeatedData } from './glance/repeated-data.ts';
import { makeNetwork } from './neutron/records.ts';
import { makeFlavor } from './nova/flavor-routes.ts';
import { type AddedServer, addServer } from './nova/add-server.ts';
import type { Account, CloudState, HashKind, ImageRecord, ServerRecord } from './cloud-state.ts';

/** The actions of an operator, another client or a failing service in a cloud, for tests and the demo. */
export interface CloudControls {
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
  /**
   * Adds Cinder, and a flavor `lab.diskless` whose servers boot from volumes. The lab has neither: see
   * tests/contract/documented.test.ts.
   */
  addBlockStorage(): void;
  /** Makes the next volume end in the status error. */
  failNextVolume(): void;
  /** Makes Cinder give up the next image of a volume, which stays queued. */
  failNextVolumeUpload(): void;
  /** Makes Nova leave the ports of deleted servers, as it does when Neutron fails at that moment. */
  leavePorts(): void;
  /** Sets the maximum number of elements in a list response. */
  setPageSize(size: number): void;
  /**
   * Sets the hashes that Glance keeps of later uploads. Its option `hashing_algorithm` names one of SHA-2, Glance before
   * Rocky has only MD5, and an image that Nova cloned within Ceph has none.
   */
  setHashes(...kinds: readonly HashKind[]): void;
  /** Adds an image that this software did not create. With data it is active, without it is queued. */
  addImage(image: AddedImage): ImageRecord;
  /** Adds a server that this software did not create. It has no guest. */
  addServer(server: AddedServer): ServerRecord;
  /** Adds a network. Neutron allows several networks with the same name. */
  addNetwork(name: string): void;
  /** Makes another cloud a region of this cloud's Keystone. */
  addRegion(region: CloudState): void;
  /** Returns the account of a user. */
  account(user: string): Account;
}

/** An image to add by hand. */
interface AddedImage {
  readonly name: string;
  /** The name of the user whose project owns the image. */
  readonly owner: string;
  readonly visibility?: string;
  readonly data?: Buffer | RepeatedData;
  readonly properties?: Readonly<Record<string, string>>;
}

/** Returns the controls of a cloud. */
export function controlsOf(state: CloudState): CloudControls {
  const account = (user: string): Account => getAccount(state, user);
  return {
    account,
    setPassword: (user, password) => {
      const changed = account(user);
      changed.password = password;
      for (const [token, { login }] of state.tokens) if (login === changed) state.tokens.delete(token);
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
    addBlockStorage: () => {
      state.hasBlockStorage = true;
      state.flavors.push(makeFlavor('lab.diskless', [2, 1024, 0]));
    },
    failNextVolume: () => {
      state.failNextVolume = true;
    },
    failNextVolumeUpload: () => {
      state.failNextVolumeUpload = true;
    },
    leavePorts: () => {
      state.leavesPorts = true;
    },
    setPageSize: (size) => {
      state.pageSize = size;
    },
    setHashes: (...kinds) => {
      state.hashKinds = kinds;
    },
    addNetwork: (name) => {
      state.networks.push(makeNetwork(name, new Date(state.clock.now()).toISOString()));
    },
    addImage: ({ owner, data, ...image }) => {
      const formats = { disk_format: 'qcow2', container_format: 'bare', visibility: 'private' };
      const record = addQueuedImage(state, { ...formats, ...image, owner: account(owner).projectId });
      if (data !== undefined) storeImageData(state, record, data);
      return record;
    },
    addServer: (server) => addServer(state, account('builder'), server),
    addRegion: (region) => {
      state.regions.push(region);
      region.keystone = state;
    },
  };
}

function getAccount(state: CloudState, user: string): Account {
  const account = state.accounts.find(({ userName }) => userName === user);
  if (account === undefined) throw new Error(`expected a user ${user} of cloud ${state.name}`);
  return account;
}
