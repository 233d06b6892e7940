import type { Secret } from '../model/secret.ts';
import type { UnitStatus } from '../model/unit-status.ts';

/** What a secret's grant lets us see. */
export type SecretAnswer =
  | { readonly state: 'read'; readonly content: ReadonlyMap<string, Secret> }
  | { readonly state: 'not granted' | 'not found' };

export type JujuLogLevel = 'ERROR' | 'WARNING' | 'INFO' | 'DEBUG';

/** What a hook may ask of Juju, and tell it. Each is one hook tool; all of them throw HookToolError. */
export interface HookTools {
  /** Options that have a value or a default. */
  configGet(): Promise<Readonly<Record<string, unknown>>>;
  /** `['image:3', …]`, by number; without one that is broken. */
  relationIds(endpoint: string): Promise<readonly string[]>;
  /** The remote units, by number. */
  relationList(relation: string): Promise<readonly string[]>;
  /** The remote application. */
  relationApplication(relation: string): Promise<string>;
  /** One unit's databag; `undefined` when it is not there (any more). */
  relationGet(relation: string, unit: string): Promise<Readonly<Record<string, string>> | undefined>;
  /** Changes our unit's databag when the hook ends well; an empty value deletes its key. */
  relationSet(relation: string, changes: Readonly<Record<string, string>>): Promise<void>;
  /** The newest revision. */
  secretGet(uri: string): Promise<SecretAnswer>;
  /** Holds for 30 s at least. */
  isLeader(): Promise<boolean>;
  statusSet(status: UnitStatus): Promise<void>;
  applicationVersionSet(version: string): Promise<void>;
  log(level: JujuLogLevel, message: string): Promise<void>;
  actionGet(): Promise<Readonly<Record<string, unknown>>>;
  /** Keys of lower-case letters, digits and hyphens. */
  actionSet(results: Readonly<Record<string, string>>): Promise<void>;
  actionFail(message: string): Promise<void>;
}
