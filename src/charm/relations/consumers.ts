import { createHash } from 'node:crypto';
import { type NamedLogin, loginByName } from '../../model/cloud/cloud-login.ts';
import type { Consumer } from '../../model/unit/desired-state.ts';
import { Secret } from '../../model/secret.ts';
import { withoutTrailing } from '../../model/text/without-trailing.ts';

/** A unit on the other side of an `image` relation. */
export interface RemoteUnit {
  readonly name: string;
  /** Undefined until the databag has all required keys with usable values. */
  readonly credentials: NamedLogin | undefined;
  /** The reasons why the databag cannot be used, without its values. */
  readonly problems: readonly string[];
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

/** The limits of Keystone, in characters. A databag may hold anything, and names appear in statuses and logs. */
const MAX_LENGTHS: Readonly<Record<string, number>> = { auth_url: 2048, password: 4096 };
const MAX_NAME_LENGTH = 255;

/**
 * Decodes the databag of a consumer's unit. All values are used as they are, as the consumer's own client does, except
 * that blanks around the URL are removed.
 */
export function decodeRemoteUnit(name: string, databag: Readonly<Record<string, string>>): RemoteUnit {
  const read = (key: string): string => databag[key] ?? '';
  const authUrl = read('auth_url').trim();
  const problems = [...REQUIRED_KEYS, 'region_name'].flatMap((key) => {
    const most = MAX_LENGTHS[key] ?? MAX_NAME_LENGTH;
    const { length } = read(key);
    return length > most ? [`${key}: expected at most ${most} characters, got ${length}`] : [];
  });
  if (problems.length === 0 && authUrl !== '' && !isHttpUrl(authUrl))
    problems.push('auth_url: expected a URL like https://keystone.example.com:5000/v3');
  const isComplete = REQUIRED_KEYS.every((key) =>
    key === 'password' ? read(key) !== '' : read(key).trim() !== '',
  );
  if (problems.length > 0 || !isComplete) return { name, credentials: undefined, problems };
  const credentials = loginByName({
    authUrl,
    password: new Secret(read('password')),
    projectDomainName: read('project_domain_name'),
    projectName: read('project_name'),
    userDomainName: read('user_domain_name'),
    userName: read('username'),
    region: read('region_name').trim(),
  });
  return { name, credentials, problems };
}

/** Reports whether a text is an http or https URL. */
export function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
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

/** Returns the name of a consumer: the application, or the unit when the application has several. */
export function consumerName({ application, units }: ImageRelation, unit: string): string {
  return units.length > 1 ? unit : application;
}

/** Returns the names of consumers by the keys of their clouds. */
export function consumerNames(relations: readonly ImageRelation[]): ReadonlyMap<string, string> {
  const pairs = relations.flatMap((relation) => {
    const consumers = listConsumers([relation]);
    return consumers.map(({ cloudId, unit }) => [cloudId, consumerName(relation, unit)] as const);
  });
  return new Map(pairs);
}

const MAX_KEY_LENGTH = 80;

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
    .slice(0, MAX_KEY_LENGTH);
  return `${name}-${hash}`;
}

/** Reduces the spellings of a Keystone URL to one. */
export function normaliseAuthUrl(authUrl: string): string {
  const trimmed = authUrl.trim();
  const url = URL.canParse(trimmed) ? new URL(trimmed) : undefined;
  const plain = url === undefined ? trimmed : `${url.protocol}//${url.host}${url.pathname}`;
  return withoutTrailing('/', plain).replace(/\/v(3|2\.0)$/, '');
}
