import { createHash } from 'node:crypto';
import { type NamedLogin, loginByName } from '../../model/cloud-login.ts';
import type { Consumer } from '../../model/desired-state.ts';
import { Secret } from '../../model/secret.ts';

/** A unit on the other side of an `image` relation. */
export interface RemoteUnit {
  readonly name: string;
  /** `undefined` until all that is needed stands in its databag. */
  readonly credentials: NamedLogin | undefined;
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
  readonly credentials: NamedLogin;
}

const NEEDED = [
  'auth_url',
  'password',
  'project_domain_name',
  'project_name',
  'user_domain_name',
  'username',
] as const;

/** Returns the login that a consumer's unit put on its relation; undefined while a needed key is missing. */
export function findCredentials(databag: Readonly<Record<string, string>>): NamedLogin | undefined {
  if (NEEDED.some((key) => (databag[key] ?? '').trim() === '')) return undefined;
  const read = (key: string): string => databag[key] ?? '';
  return loginByName({
    authUrl: read('auth_url'),
    password: new Secret(read('password')),
    projectDomainName: read('project_domain_name'),
    projectName: read('project_name'),
    userDomainName: read('user_domain_name'),
    userName: read('username'),
    region: read('region_name'),
  });
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
export function cloudIdOf(relationId: number, unit: string, login: NamedLogin): string {
  const { user, userDomain, project, projectDomain } = login.auth;
  const identity = [
    relationId,
    unit,
    normaliseAuthUrl(login.authUrl),
    projectDomain.name,
    project.name,
    userDomain.name,
    user.name,
    login.region ?? '',
  ];
  const hash = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 8);
  const name = `${project.name}_${user.name}`
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
