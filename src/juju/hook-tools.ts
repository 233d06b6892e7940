import type { Secret } from '../model/secret.ts';
import type { UnitStatus } from '../model/unit/unit-status.ts';

/** The result of reading a secret. */
export type SecretAnswer =
  | { readonly state: 'read'; readonly content: ReadonlyMap<string, Secret> }
  | { readonly state: 'not granted' | 'not found' };

export type JujuLogLevel = 'ERROR' | 'WARNING' | 'INFO' | 'DEBUG';

/** The hook tools of Juju, one method for each tool. Every method throws HookToolError. */
export interface HookTools {
  /** Returns the options that have a value or a default. */
  configGet(): Promise<Readonly<Record<string, unknown>>>;
  /** Returns the relation ids, such as `image:3`, sorted by number; a broken relation is left out. */
  relationIds(endpoint: string): Promise<readonly string[]>;
  /** Returns the remote units, sorted by number. */
  relationList(relation: string): Promise<readonly string[]>;
  /** Returns the remote application. */
  relationApplication(relation: string): Promise<string>;
  /** Returns the databag of a unit; undefined when the unit or the relation does not exist. */
  relationGet(relation: string, unit: string): Promise<Readonly<Record<string, string>> | undefined>;
  /** Returns the databag of an application; undefined when the relation does not exist. */
  relationGetApp(
    relation: string,
    application: string,
  ): Promise<Readonly<Record<string, string>> | undefined>;
  /** Changes this unit's databag when the hook succeeds; an empty value deletes its key. */
  relationSet(relation: string, changes: Readonly<Record<string, string>>): Promise<void>;
  /** Changes the databag of this application when the hook succeeds. Only the leader may. */
  relationSetApp(relation: string, changes: Readonly<Record<string, string>>): Promise<void>;
  /** Reads the newest revision. */
  secretGet(uri: string): Promise<SecretAnswer>;
  /** Reports whether this unit leads its application; true is guaranteed for at least 30 s. */
  isLeader(): Promise<boolean>;
  /** Returns the networks, in CIDR notation, from which the traffic of this unit leaves. */
  egressSubnets(): Promise<readonly string[]>;
  statusSet(status: UnitStatus): Promise<void>;
  applicationVersionSet(version: string): Promise<void>;
  log(level: JujuLogLevel, message: string): Promise<void>;
  actionGet(): Promise<Readonly<Record<string, unknown>>>;
  /** Accepts keys of lower-case letters, digits and hyphens. */
  actionSet(results: Readonly<Record<string, string>>): Promise<void>;
  actionFail(message: string): Promise<void>;
}
