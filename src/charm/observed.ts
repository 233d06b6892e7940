import type { InstalledCredentials } from '../builder/credentials.ts';
import type { Built } from '../model/built.ts';
import type { DesiredState } from '../model/desired-state.ts';
import type { HostSecrets } from '../model/host-secrets.ts';
import type { Secret } from '../model/secret.ts';
import type { CharmConfig } from './config.ts';
import type { ImageRelation } from './relations/consumers.ts';

/** The operator's options with the content of their secrets. */
export interface CharmSettings {
  readonly config: CharmConfig;
  readonly password: Secret;
  readonly scriptSecrets: Readonly<Record<string, Secret>>;
}

/** The facts that Juju provides. */
export interface ObservedModel {
  /** Undefined while there are problems. */
  readonly settings: CharmSettings | undefined;
  /** The problems of options and secrets. */
  readonly problems: readonly string[];
  /** Sorted by number, without a relation that is being broken. */
  readonly relations: readonly ImageRelation[];
  readonly unit: string;
  readonly application: string;
  readonly modelUuid: string;
  /** Only the leader of the application's units builds. */
  readonly isLeader: boolean;
  readonly proxy: HostSecrets['proxy'];
}

/** The state of the unit's host. */
export interface ObservedHost {
  /** The unit's key; undefined before the host is set up. */
  readonly key: Secret | undefined;
  readonly installed: InstalledCredentials;
  /** Undefined when the file is missing or does not parse. */
  readonly desired: DesiredState | undefined;
  readonly built: Built | undefined;
}

/** The input of a decision. */
export interface Observed extends ObservedModel, ObservedHost {}
