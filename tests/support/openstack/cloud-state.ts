import type { Guests } from './guest/guests.ts';
import type { EmulatorClock } from './emulator-clock.ts';
import type { RepeatedData } from './glance/repeated-data.ts';

/** A user in a project. */
export interface Login {
  readonly userId: string;
  readonly userName: string;
  readonly projectId: string;
  readonly projectName: string;
}

/** A user of one project, with the credentials for the login. */
export interface Account extends Login {
  password: string;
  /** An application credential of the user. */
  readonly applicationCredential?: { readonly id: string; readonly secret: string };
}

/** An image record with all fields that Glance shows. */
export type ImageRecord = Record<string, unknown> & {
  readonly id: string;
  name: string;
  status: string;
  readonly owner: string;
  visibility: string;
};

/** A server, with internal state of the emulator. */
export interface ServerRecord {
  /** The fields in the response to `GET /servers/:id`. */
  readonly shown: Record<string, unknown> & { readonly id: string; readonly name: string; status: string };
  readonly projectId: string;
  readonly userId: string;
  /** The output of the guest. */
  console: string;
  /** Stops the guest without a shutdown. */
  powerOff(): Promise<void>;
}

/** A volume, with internal state of the emulator. */
export interface VolumeRecord {
  /** The fields in the response to `GET /volumes/:id`, without the links. */
  readonly shown: Record<string, unknown> & { readonly id: string; status: string };
  readonly projectId: string;
  /** The properties that images of the volume get. */
  readonly imageProperties: Record<string, string>;
  data: Buffer;
}

export interface KeypairRecord {
  readonly userId: string;
  readonly name: string;
  readonly public_key: string;
  readonly fingerprint: string;
}

/** A kind of hash that Glance keeps of an image's data. */
export type HashKind = 'md5' | 'sha256' | 'sha512';

/** A record with all fields that Neutron or Nova shows. */
export type PlainRecord = Record<string, unknown> & { readonly id: string };

/** The state of one cloud. Routes, tests and the demo read and change it. */
export interface CloudState {
  /** `a` or `b`. */
  readonly name: string;
  readonly region: string;
  readonly accounts: readonly Account[];
  /** The key is the token. */
  readonly tokens: Map<string, { readonly login: Login; readonly expiresAt: number }>;
  /** All tokens, including revoked ones. */
  readonly tokensEver: string[];
  readonly images: Map<string, ImageRecord>;
  /** The key is the image id. */
  readonly imageData: Map<string, Buffer>;
  /** The data of the images that are too large for `imageData`. */
  readonly repeatedData: Map<string, RepeatedData>;
  /** The ids of all images, including deleted ones. Glance never accepts an id twice. */
  readonly usedImageIds: Set<string>;
  /** The members of each image: image id → project id → pending, accepted or rejected. */
  readonly members: Map<string, Map<string, string>>;
  readonly servers: Map<string, ServerRecord>;
  /** All servers, including deleted ones, in order. */
  readonly serversEver: { readonly id: string; readonly name: string }[];
  readonly keypairs: KeypairRecord[];
  readonly flavors: PlainRecord[];
  readonly networks: PlainRecord[];
  readonly ports: Map<string, PlainRecord>;
  readonly securityGroups: Map<string, PlainRecord>;
  readonly floatingIps: Map<string, PlainRecord>;
  readonly volumes: Map<string, VolumeRecord>;
  /** True when the cloud has Cinder. */
  hasBlockStorage: boolean;
  /** The number of volumes that each project may have. */
  volumeQuota: number;
  /** True when the next volume is to end in error; that volume resets it. */
  failNextVolume: boolean;
  /** True when the next image of a volume is to fail; that image resets it. */
  failNextVolumeUpload: boolean;
  /** True when the cloud has Nova and Neutron. */
  readonly hasServers: boolean;
  /** Undefined in a cloud without servers. */
  readonly guests?: Guests;
  /** The SSH port of all guests. */
  readonly guestPort?: number;
  /** The fault with which the next server ends in ERROR; that server resets it to undefined. */
  failNextServer?: string | undefined;
  /** The maximum number of elements in a list response. */
  pageSize: number;
  /** The hashes that Glance keeps: MD5 as `checksum`, and one of the others as `os_hash_value`. */
  hashKinds: readonly HashKind[];
  /** True when Glance keeps no data of uploads, only their sizes and hashes. */
  readonly discardsUploads: boolean;
  /** True when Nova leaves the ports of deleted servers, as it does when Neutron fails at that moment. */
  leavesPorts: boolean;
  /** Other regions of this cloud's Keystone. */
  readonly regions: CloudState[];
  /** The cloud whose Keystone this cloud also accepts. */
  keystone?: CloudState;
  /** The scheme, host and port of the cloud. */
  origin: string;
  /** True when the next upload is to fail; that upload resets it. */
  killNextUpload: boolean;
  /** True when the next snapshot is to fail; that snapshot resets it. */
  killNextSnapshot: boolean;
  readonly clock: EmulatorClock;
}
