import type { InstalledCredentials } from '../builder/credentials.ts';
import type { Built } from '../model/unit/built.ts';
import type { DesiredState } from '../model/unit/desired-state.ts';
import type { FormerImages } from '../model/job/job-request.ts';
import type { ProxyValues } from '../model/proxy-settings.ts';
import type { Secret } from '../model/secret.ts';
import type { CharmConfig } from './options/config.ts';
import type { SnapshotNames } from './python-charm/traces.ts';
import type { ImageRelation } from './relations/consumers.ts';
import type { MonitorRelation } from './relations/cos-agent.ts';
import type { PeerRelation } from './relations/peers.ts';
import type { BuildCredential } from './secrets.ts';

/** The operator's options with the content of their secrets. */
export interface CharmSettings {
  readonly config: CharmConfig;
  readonly credential: BuildCredential;
  readonly scriptSecrets: Readonly<Record<string, Secret>>;
  /** The content of the secret with the login at GitHub; empty when there is none. */
  readonly github: Readonly<Record<string, Secret>>;
}

/** The facts that Juju provides. */
export interface ObservedModel {
  /** Undefined while there are problems. */
  readonly settings: CharmSettings | undefined;
  /** The problems of options and secrets. */
  readonly problems: readonly string[];
  /** Lines for the log about options that work but should be changed. */
  readonly notices: readonly string[];
  /** The facts that the names of the Python charm's snapshot files depend on. */
  readonly snapshotNames: SnapshotNames;
  /** Sorted by number, without a relation that is being broken. */
  readonly relations: readonly ImageRelation[];
  /** Empty when the event is one that does not read them. */
  readonly monitors: readonly MonitorRelation[];
  /** Undefined until Juju has created the peer relation. */
  readonly peers: PeerRelation | undefined;
  readonly unit: string;
  readonly application: string;
  readonly modelName: string;
  readonly modelUuid: string;
  /** Only the leader of the application's units builds. */
  readonly isLeader: boolean;
  readonly proxy: ProxyValues;
  /** The networks from which the unit's traffic leaves, in CIDR notation. */
  readonly egressSubnets: readonly string[];
}

/** The state of the unit's host. */
export interface ObservedHost {
  /** The unit's key; undefined before the host is set up. */
  readonly key: Secret | undefined;
  readonly installed: InstalledCredentials;
  /** Undefined when the file is missing or does not parse. */
  readonly desired: DesiredState | undefined;
  readonly built: Built | undefined;
  /** The minutes for which the daemon has been silent; undefined when it is not. */
  readonly silentMinutes: number | undefined;
  /** The images of the Python charm that the unit published when it was taken over; empty on any other unit. */
  readonly takenOver: readonly FormerImages[];
}

/** The input of a decision. */
export interface Observed extends ObservedModel, ObservedHost {
  /** Epoch milliseconds. */
  readonly now: number;
}
