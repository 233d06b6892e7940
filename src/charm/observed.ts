import type { InstalledCredentials } from '../builder/credentials.ts';
import type { Built } from '../model/built.ts';
import type { DesiredState } from '../model/desired-state.ts';
import type { HostSecrets } from '../model/host-secrets.ts';
import type { Secret } from '../model/secret.ts';
import type { CharmConfig } from './config.ts';
import type { ImageRelation } from './relations/consumers.ts';

/** What the operator wants, with the secrets that it takes. */
export interface CharmSettings {
  readonly config: CharmConfig;
  readonly password: Secret;
  readonly scriptSecrets: Readonly<Record<string, Secret>>;
}

/** What Juju says. */
export interface ObservedModel {
  /** `undefined` while there are problems. */
  readonly settings: CharmSettings | undefined;
  /** All that is wrong with options and secrets. */
  readonly problems: readonly string[];
  /** By number, without one that is being broken. */
  readonly relations: readonly ImageRelation[];
  readonly unit: string;
  readonly application: string;
  readonly modelUuid: string;
  /** Of the application's units, the leader alone works. */
  readonly isLeader: boolean;
  readonly proxy: HostSecrets['proxy'];
}

/** What stands on the unit's host. */
export interface ObservedHost {
  /** The unit's key; `undefined` before the host was set up. */
  readonly key: Secret | undefined;
  readonly installed: InstalledCredentials;
  /** `undefined`: none, or none that this version understands. */
  readonly desired: DesiredState | undefined;
  readonly built: Built | undefined;
}

/** All that a decision follows from. */
export interface Observed extends ObservedModel, ObservedHost {}
