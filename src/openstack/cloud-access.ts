import {
  type Decoder,
  anyString,
  fields,
  flag,
  oneOf,
  optional,
  text,
  withDefault,
} from '../model/decode.ts';
import { CloudsYAMLError } from '../model/errors.ts';
import { type Secret, secretOf } from '../model/secret.ts';

/** A name, or an id, of a domain, project or user in Keystone. */
export type Reference = { readonly id: string } | { readonly name: string };

/** Log in as a user, for a project. */
export interface PasswordAuth {
  readonly method: 'password';
  readonly user: Reference;
  /** The user's domain; not needed when the user is given by id. */
  readonly userDomain: Reference | undefined;
  readonly password: Secret;
  readonly project: Reference;
  readonly projectDomain: Reference | undefined;
}

/** Log in with an application credential, which names user and project itself. */
interface ApplicationCredentialAuth {
  readonly method: 'application_credential';
  readonly id: string;
  readonly secret: Secret;
}

/** One entry of clouds.yaml, understood. */
export interface CloudAccess {
  /** Its key in clouds.yaml. */
  readonly name: string;
  /** Keystone's v3 root, without a slash at its end. */
  readonly authUrl: string;
  readonly auth: PasswordAuth | ApplicationCredentialAuth;
  readonly region: string | undefined;
  readonly interface: 'public' | 'internal' | 'admin';
  /** `false` only when clouds.yaml says so. */
  readonly verify: boolean;
  /** Path of a PEM file. */
  readonly cacert: string | undefined;
  /** URLs of services that clouds.yaml names itself, instead of the catalogue. */
  readonly endpoints: Readonly<Record<'compute' | 'image' | 'network', string | undefined>>;
}

const secret = secretOf(text);

const url: Decoder<string> = (value, at, problems) => {
  const read = text(value, at, problems);
  if (read === undefined) return undefined;
  if (URL.canParse(read) && /^https?:$/.test(new URL(read).protocol)) return read;
  problems.push(`${at}: expected a URL like https://keystone.example.com:5000/v3`);
  return undefined;
};

const entryFields = fields({
  auth_type: withDefault(anyString, ''),
  auth: fields({
    auth_url: url,
    username: optional(text),
    user_id: optional(text),
    password: optional(secret),
    user_domain_name: optional(text),
    user_domain_id: optional(text),
    domain_name: optional(text),
    domain_id: optional(text),
    project_name: optional(text),
    project_id: optional(text),
    project_domain_name: optional(text),
    project_domain_id: optional(text),
    application_credential_id: optional(text),
    application_credential_secret: optional(secret),
  }),
  region_name: optional(text),
  interface: withDefault(oneOf(['public', 'internal', 'admin']), 'public' as const),
  verify: withDefault(flag, true),
  cacert: optional(text),
  compute_endpoint_override: optional(url),
  image_endpoint_override: optional(url),
  network_endpoint_override: optional(url),
});

type Entry = typeof entryFields extends Decoder<infer T> ? T : never;
type AuthEntry = Entry['auth'];

const AUTH_TYPES = ['', 'password', 'v3password', 'v3applicationcredential'];

/** Understands the entry `name` of clouds.yaml at `path`. Throws CloudsYAMLError with all its problems. */
export function parseCloudAccess(name: string, entry: unknown, path: string): CloudAccess {
  const fail = (problems: readonly string[]): Error =>
    new CloudsYAMLError(problems.map((problem) => `${path}: ${problem}`));
  const at = `clouds.${name}`;
  const problems: string[] = [];
  const read = entryFields(entry, at, problems) as (Omit<Entry, 'auth'> & { auth?: AuthEntry }) | undefined;
  if (read?.auth === undefined) throw fail(problems);
  if (!AUTH_TYPES.includes(read.auth_type)) {
    problems.push(`${at}.auth_type: expected password or v3applicationcredential, got something else`);
  }
  const auth = isApplicationCredential(read.auth_type, read.auth)
    ? applicationCredential(read.auth, at, problems)
    : passwordAuth(read.auth, at, problems);
  if (auth === undefined || problems.length > 0) throw fail(problems);
  return {
    name,
    authUrl: v3Root(read.auth.auth_url),
    auth,
    region: read.region_name,
    interface: read.interface,
    verify: read.verify,
    cacert: read.cacert,
    endpoints: {
      compute: read.compute_endpoint_override,
      image: read.image_endpoint_override,
      network: read.network_endpoint_override,
    },
  };
}

function isApplicationCredential(authType: string, auth: AuthEntry): boolean {
  return authType === 'v3applicationcredential' || auth.application_credential_id !== undefined;
}

function v3Root(authUrl: string): string {
  const trimmed = authUrl.replace(/\/+$/, '');
  return trimmed.endsWith('/v3') ? trimmed : `${trimmed.replace(/\/v2\.0$/, '')}/v3`;
}

/** Tells that one of `names` is needed, unless it was told already what is wrong with one of them. */
function requireOne(at: string, names: readonly string[], problems: string[]): void {
  const isTold = names.some((name) => problems.some((problem) => problem.startsWith(`${at}.auth.${name}:`)));
  if (!isTold) problems.push(`${at}.auth: expected ${names.join(' or ')}, got nothing`);
}

function applicationCredential(
  auth: AuthEntry,
  at: string,
  problems: string[],
): ApplicationCredentialAuth | undefined {
  const { application_credential_id: id, application_credential_secret: secretValue } = auth;
  if (id === undefined) requireOne(at, ['application_credential_id'], problems);
  if (secretValue === undefined) requireOne(at, ['application_credential_secret'], problems);
  if (id === undefined || secretValue === undefined) return undefined;
  return { method: 'application_credential', id, secret: secretValue };
}

function reference(id: string | undefined, name: string | undefined): Reference | undefined {
  if (id !== undefined) return { id };
  return name === undefined ? undefined : { name };
}

function passwordAuth(auth: AuthEntry, at: string, problems: string[]): PasswordAuth | undefined {
  const { password, domain_id: anyId, domain_name: anyName } = auth;
  const user = reference(auth.user_id, auth.username);
  const userDomain = reference(auth.user_domain_id ?? anyId, auth.user_domain_name ?? anyName);
  const project = reference(auth.project_id, auth.project_name);
  const projectDomain = reference(auth.project_domain_id ?? anyId, auth.project_domain_name ?? anyName);
  const needed: readonly (readonly [boolean, readonly string[]])[] = [
    [user !== undefined, ['username', 'user_id']],
    [auth.user_id !== undefined || userDomain !== undefined, ['user_domain_name', 'user_domain_id']],
    [project !== undefined, ['project_name', 'project_id']],
    [
      auth.project_id !== undefined || projectDomain !== undefined,
      ['project_domain_name', 'project_domain_id'],
    ],
    [password !== undefined, ['password']],
  ];
  for (const [isThere, names] of needed) if (!isThere) requireOne(at, names, problems);
  if (user === undefined || project === undefined || password === undefined) return undefined;
  return { method: 'password', user, userDomain, password, project, projectDomain };
}
