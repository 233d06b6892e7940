import type { CloudAccess } from '../../src/openstack/cloud-access.ts';
import type { CloudConnection } from '../../src/openstack/cloud.ts';
import type { Token } from '../../src/openstack/identity.ts';

/** The users of both worlds, by the names of the lab's clouds.yaml: `builder` and `neighbour` in cloud a, the others in b. */
export type UserName = 'builder' | 'builder-appcred' | 'neighbour' | 'consumer' | 'neighbour-b';

/** An answer of a cloud: JSON as it is told, other text as a string, nothing for image data. */
export interface Exchange {
  /** With `:id` and the like where a thing is named: `GET /image/v2/images/:id`. */
  readonly route: string;
  readonly status: number;
  readonly body: unknown;
}

/** One OpenStack that the suite runs against: the emulator or the lab. */
export interface World {
  /** Connects through the product's own wall: anew when the access is changed, else as all other cases do. */
  connect(user: UserName, change?: (access: CloudAccess) => CloudAccess): Promise<CloudConnection>;
  /** Ends a token before its time, as Keystone's `DELETE /v3/auth/tokens` does. */
  revoke(user: UserName, token: Token): Promise<void>;
  /** A name of this case's own, which the world wipes if a case leaves it. */
  name(what: string): string;
  /** A small bootable image of the build cloud, a flavor and a network for it. */
  readonly bootImage: () => Promise<string>;
  readonly flavor: string;
  readonly network: string;
  /** Undone when the case has ended, newest first, however it ended. */
  onEnd(undo: () => Promise<unknown>): void;
}

/** One truth about OpenStack: a verb of the wall, and one way it can end. */
export interface ContractCase {
  /** A function of `src/openstack`. */
  readonly verb: string;
  /** In words, as it stands in the page: `not found: undefined`. */
  readonly outcome: string;
  /** Its assertions throw. */
  run(world: World): Promise<void>;
  /** The longest it may take on the lab, in seconds; 60 when absent. */
  readonly seconds?: number;
}
