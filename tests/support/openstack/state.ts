import type { Guests } from './guests.ts';
import type { Pace } from './pace.ts';

/** Somebody who is logged in: a user in a project. */
export interface Login {
  readonly userId: string;
  readonly userName: string;
  readonly projectId: string;
  readonly projectName: string;
}

/** A user of one project, with what lets it in. */
export interface Account extends Login {
  password: string;
  /** An application credential of the user's. */
  readonly applicationCredential?: { readonly id: string; readonly secret: string };
}

/** An image record as Glance shows it, all keys included. */
export type ImageRecord = Record<string, unknown> & {
  readonly id: string;
  name: string;
  status: string;
  readonly owner: string;
  visibility: string;
};

/** A server as Nova shows it in detail, and what only the emulator knows. */
export interface ServerRecord {
  /** As `GET /servers/:id` shows it. */
  readonly shown: Record<string, unknown> & { readonly id: string; readonly name: string; status: string };
  readonly projectId: string;
  readonly userId: string;
  /** What its guest has printed. */
  console: string;
  /** Ends its guest at once, as a power cut does. */
  powerOff(): Promise<void>;
}

export interface KeypairRecord {
  readonly userId: string;
  readonly name: string;
  readonly public_key: string;
  readonly fingerprint: string;
}

/** Records as Neutron and Nova show them. */
export type PlainRecord = Record<string, unknown> & { readonly id: string };

/** All that exists in one cloud. Routes read and change it; tests and the demo may, too. */
export interface CloudState {
  /** `a` or `b`. */
  readonly name: string;
  readonly region: string;
  readonly accounts: readonly Account[];
  /** By token. */
  readonly tokens: Map<string, { readonly login: Login; readonly expiresAt: number }>;
  readonly images: Map<string, ImageRecord>;
  /** The data of images, by image id. */
  readonly imageData: Map<string, Buffer>;
  /** Ids that were given once: Glance never takes one a second time, a deleted one neither. */
  readonly usedImageIds: Set<string>;
  /** Whom an image is shared with: by image id, member project id → pending, accepted, rejected. */
  readonly members: Map<string, Map<string, string>>;
  readonly servers: Map<string, ServerRecord>;
  /** Every server that there ever was, in order. */
  readonly serversEver: { readonly id: string; readonly name: string }[];
  readonly keypairs: KeypairRecord[];
  readonly flavors: readonly PlainRecord[];
  readonly networks: PlainRecord[];
  readonly ports: Map<string, PlainRecord>;
  readonly securityGroups: Map<string, PlainRecord>;
  /** Has it Nova and Neutron? */
  readonly hasServers: boolean;
  /** Where servers' guests live; `undefined` in a cloud without servers. */
  readonly guests?: Guests;
  /** The port at which every guest answers SSH. */
  readonly guestPort?: number;
  /** The fault with which the next server ends in ERROR; it then is `undefined` again. */
  failNextServer?: string | undefined;
  /** The most things in one answer to a list. */
  pageSize: number;
  /** Is the data of the next upload or snapshot lost, and its image killed? */
  killNextUpload: boolean;
  /** The same for the next image of a server. */
  killNextSnapshot: boolean;
  readonly pace: Pace;
}
