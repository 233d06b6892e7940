import { createHash } from 'node:crypto';
import { type NamedLogin, loginByName } from '../../model/cloud-login.ts';
import type { Consumer } from '../../model/desired-state.ts';
import { Secret } from '../../model/secret.ts';

/** A unit on the other side of an `image` relation. */
export interface RemoteUnit {
  readonly name: string;
  /** Undefined until the databag has all required keys. */
  readonly credentials: NamedLogin | undefined;
}

/** An `image` relation, read at the start of a dispatch. */
export interface ImageRelation {
  readonly id: number;
  /** The application on the other side. */
  readonly application: string;
  /** Sorted by unit number. */
  readonly units: readonly RemoteUnit[];
  /** The databag of our own unit. */
  readonly databag: Readonly<Record<string, string>>;
}

/** A unit with complete credentials, and its cloud. */
export interface ConsumerCloud extends Consumer {
  readonly credentials: NamedLogin;
}

const REQUIRED_KEYS = [
  'auth_url',
  'password',
  'project_domain_name',
  'project_name',
  'user_domain_name',
  'username',
] as const;

/** Returns the login in the databag of a consumer's unit; undefined while a required key is missing. */
export function findCredentials(databag: Readonly<Record<string, string>>): NamedLogin | undefined {
  if (REQUIRED_KEYS.some((key) => (databag[key] ?? '').trim() === '')) return undefined;
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

/** Returns all units with complete credentials, in the order of relations and units. They are never merged. */
export function listConsumers(relations: readonly ImageRelation[]): readonly ConsumerCloud[] {
  return relations.flatMap(({ id: relationId, units }) =>
    units.flatMap(({ name: unit, credentials }) =>
      credentials === undefined
        ? []
        : [{ relationId, unit, cloudId: cloudIdOf(relationId, unit, credentials), credentials }],
    ),
  );
}

const MAX_NAME_LENGTH = 80;

/**
 * Returns the key of a consumer's cloud in clouds.yaml: a readable name and a hash of relation, unit and login. The
 * hash leaves out the password, so a rotated password keeps the key.
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
    .replace(/^[-.]+/, '') // the program would read it as an option
    .slice(0, MAX_NAME_LENGTH);
  return `${name}-${hash}`;
}

/** Reduces the spellings of a Keystone URL to one. */
export function normaliseAuthUrl(authUrl: string): string {
  const trimmed = authUrl.trim();
  const url = URL.canParse(trimmed) ? new URL(trimmed) : undefined;
  const plain = url === undefined ? trimmed : `${url.protocol}//${url.host}${url.pathname}`;
  return plain.replace(/\/+$/, '').replace(/\/v(3|2\.0)$/, '');
}
