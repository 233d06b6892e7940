import { createHash } from 'node:crypto';
import type { Consumer } from '../model/desired-state.ts';
import { Secret } from '../model/secret.ts';

/** How to log in to one consumer's cloud. */
export interface Credentials {
  readonly authUrl: string;
  readonly password: Secret;
  readonly projectDomainName: string;
  readonly projectName: string;
  readonly userDomainName: string;
  readonly userName: string;
  /** Empty: the only one there is. */
  readonly region: string;
}

/** A unit on the other side of an `image` relation. */
export interface RemoteUnit {
  readonly name: string;
  /** `undefined` until all that is needed stands in its databag. */
  readonly credentials: Credentials | undefined;
}

/** One `image` relation, as it was read at the start of a dispatch. */
export interface ImageRelation {
  readonly id: number;
  /** The application on the other side. */
  readonly application: string;
  /** By number. */
  readonly units: readonly RemoteUnit[];
  /** Our own unit's databag. */
  readonly databag: Readonly<Record<string, string>>;
}

/** A unit with complete credentials, and the cloud that they lead to. */
export interface ConsumerCloud extends Consumer {
  readonly credentials: Credentials;
}

const NEEDED = [
  'auth_url',
  'password',
  'project_domain_name',
  'project_name',
  'user_domain_name',
  'username',
] as const;

/** Reads what a consumer's unit put on its relation; `undefined` while something that is needed is not there. */
export function findCredentials(databag: Readonly<Record<string, string>>): Credentials | undefined {
  if (NEEDED.some((key) => (databag[key] ?? '').trim() === '')) return undefined;
  const read = (key: string): string => databag[key] ?? '';
  return {
    authUrl: read('auth_url'),
    password: new Secret(read('password')),
    projectDomainName: read('project_domain_name'),
    projectName: read('project_name'),
    userDomainName: read('user_domain_name'),
    userName: read('username'),
    region: read('region_name'),
  };
}

/** All units with complete credentials, in the order of relations and units. They are never merged. */
export function listConsumers(relations: readonly ImageRelation[]): readonly ConsumerCloud[] {
  return relations.flatMap(({ id: relationId, units }) =>
    units.flatMap(({ name: unit, credentials }) =>
      credentials === undefined
        ? []
        : [{ relationId, unit, cloudId: cloudIdOf(relationId, unit, credentials), credentials }],
    ),
  );
}

const LONGEST_NAME = 80;

/**
 * The key in clouds.yaml of a consumer's cloud: readable, and its own by a hash of who asks for which cloud. The
 * password is not in it, so that a new password is not a new cloud.
 */
export function cloudIdOf(relationId: number, unit: string, credentials: Credentials): string {
  const { authUrl, projectDomainName, projectName, userDomainName, userName, region } = credentials;
  const identity = [
    relationId,
    unit,
    normaliseAuthUrl(authUrl),
    projectDomainName,
    projectName,
    userDomainName,
    userName,
    region,
  ];
  const hash = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 8);
  const name = `${projectName}_${userName}`
    .replace(/[^A-Za-z0-9_.-]/g, '-')
    .replace(/^[-.]+/, '') // it becomes an argument of the builder
    .slice(0, LONGEST_NAME);
  return `${name}-${hash}`;
}

/** One spelling for the ways to write a Keystone's URL. */
export function normaliseAuthUrl(authUrl: string): string {
  const trimmed = authUrl.trim();
  const url = URL.canParse(trimmed) ? new URL(trimmed) : undefined;
  const plain = url === undefined ? trimmed : `${url.protocol}//${url.host}${url.pathname}`;
  return plain.replace(/\/+$/, '').replace(/\/v(3|2\.0)$/, '');
}
