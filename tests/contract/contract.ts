import type { CloudAccess } from '../../src/openstack/login/cloud-access.ts';
import type { CloudConnection } from '../../src/openstack/cloud.ts';
import type { Token } from '../../src/openstack/login/identity.ts';

/**
 * The users of emulator and lab, named as in the lab's clouds.yaml. `builder` and `neighbour` belong to cloud a, the
 * others to cloud b.
 */
export type UserName = 'builder' | 'builder-appcred' | 'neighbour' | 'consumer' | 'neighbour-b';

/** A response of a cloud. The body is decoded JSON, other text as a string, or undefined for image data. */
export interface Exchange {
  /** The route, with placeholders for names and ids: `GET /image/v2/images/:id`. */
  readonly route: string;
  readonly status: number;
  readonly body: unknown;
}

/** The environment of one case: an OpenStack, either the emulator or the lab. */
export interface CaseContext {
  /** Connects through `src/openstack`. Cases share the connections; a changed access gets a new one. */
  connect(user: UserName, change?: (access: CloudAccess) => CloudAccess): Promise<CloudConnection>;
  /** Revokes a token, as Keystone's `DELETE /v3/auth/tokens` does. */
  revoke(user: UserName, token: Token): Promise<void>;
  /** Returns a unique name for this case. Resources with such a name that a case leaves behind are deleted. */
  name(what: string): string;
  /** Returns the id of a small bootable image in the build cloud, which fits `flavor` and `network`. */
  readonly bootImage: () => Promise<string>;
  readonly flavor: string;
  readonly network: string;
  /** Registers a cleanup that runs when the case ends, successful or not, newest first. */
  onEnd(undo: () => Promise<unknown>): void;
}

/** One fact about OpenStack: a function of `src/openstack` and one of its outcomes. */
export interface ContractCase {
  /** A function of `src/openstack`. */
  readonly verb: string;
  /** A full statement, used as test title and in the page: `a missing image returns undefined`. */
  readonly outcome: string;
  /** Runs the case; a failed assertion throws. */
  run(context: CaseContext): Promise<void>;
  /** The timeout on the lab in seconds. Default: 60. */
  readonly seconds?: number;
}
