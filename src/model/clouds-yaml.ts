import type { ApplicationCredentialAuth, CloudLogin, PasswordAuth, Reference } from './cloud-login.ts';
import {
  type Decoded,
  type Decoder,
  anyString,
  anything,
  fields,
  flag,
  mapping,
  oneOf,
  optional,
  text,
  withDefault,
} from './decode.ts';
import { secretOf } from './secret.ts';

/** One entry of clouds.yaml: a login and the settings of its connections. */
export interface CloudEntry extends CloudLogin {
  readonly interface: 'public' | 'internal' | 'admin';
  /** False when clouds.yaml turns off the verification of TLS certificates. */
  readonly verify: boolean;
  /** The path of a PEM file with CA certificates. */
  readonly cacert: string | undefined;
  /** The URLs of services that replace those of Keystone's catalog. */
  readonly endpoints: Readonly<Record<'compute' | 'image' | 'network', string | undefined>>;
}

/** The logins of clouds.yaml by their keys, in the order of the file. */
export interface OpenstackCloudsConfig {
  readonly clouds: Readonly<Record<string, CloudLogin>>;
}

/** Returns the content of clouds.yaml. It contains the passwords, so it may only be written to a tmpfs. */
export function encodeCloudsYaml({ clouds }: OpenstackCloudsConfig): object {
  const entries = Object.entries(clouds).map(([cloudId, login]) => [cloudId, encodeLogin(login)]);
  return { clouds: Object.fromEntries(entries) as unknown };
}

function encodeLogin({ authUrl, auth, region }: CloudLogin): object {
  const encoded = auth.method === 'password' ? encodePassword(auth) : encodeApplicationCredential(auth);
  return {
    ...(auth.method === 'password' ? {} : { auth_type: 'v3applicationcredential' }),
    auth: { auth_url: authUrl, ...encoded },
    ...(region === undefined ? {} : { region_name: region }),
  };
}

function encodePassword({ user, userDomain, password, project, projectDomain }: PasswordAuth): object {
  return {
    password: password.reveal(),
    ...encodeReference('project_domain_', projectDomain),
    ...encodeReference('project_', project),
    ...encodeReference('user_domain_', userDomain),
    ...('id' in user ? { user_id: user.id } : { username: user.name }),
  };
}

function encodeReference(prefix: string, reference: Reference | undefined): object {
  if (reference === undefined) return {};
  return 'id' in reference ? { [`${prefix}id`]: reference.id } : { [`${prefix}name`]: reference.name };
}

function encodeApplicationCredential({ id, secret: value }: ApplicationCredentialAuth): object {
  return { application_credential_id: id, application_credential_secret: value.reveal() };
}

const secret = secretOf(text);

const url: Decoder<string> = (value, at, problems) => {
  const read = text(value, at, problems);
  if (read === undefined) return undefined;
  if (URL.canParse(read) && /^https?:$/.test(new URL(read).protocol)) return read;
  problems.push(`${at}: expected a URL like https://keystone.example.com:5000/v3`);
  return undefined;
};

const authFields = (authUrl: Decoder<string>) =>
  fields({
    auth_url: authUrl,
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
  });

const entryFields = (authUrl: Decoder<string>) =>
  fields({
    auth_type: withDefault(anyString, ''),
    auth: authFields(authUrl),
    region_name: optional(text),
    interface: withDefault(oneOf(['public', 'internal', 'admin']), 'public' as const),
    verify: withDefault(flag, true),
    cacert: optional(text),
    compute_endpoint_override: optional(url),
    image_endpoint_override: optional(url),
    network_endpoint_override: optional(url),
  });

type AuthEntry = Decoded<ReturnType<typeof authFields>>;

const AUTH_TYPES = ['', 'password', 'v3password', 'v3applicationcredential'];

function entryDecoder(authUrl: Decoder<string>): Decoder<CloudEntry> {
  const decoder = entryFields(authUrl);
  return (value, at, problems) => {
    const read = decoder(value, at, problems) as
      (Omit<Decoded<typeof decoder>, 'auth'> & { readonly auth?: AuthEntry }) | undefined;
    if (read?.auth === undefined) return undefined;
    const auth = decodeAuth(read.auth_type, read.auth, at, problems);
    if (auth === undefined) return undefined;
    return {
      authUrl: read.auth.auth_url,
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
  };
}

function decodeAuth(authType: string, auth: AuthEntry, at: string, problems: string[]) {
  if (!AUTH_TYPES.includes(authType)) {
    problems.push(`${at}.auth_type: expected password or v3applicationcredential, got something else`);
  }
  const isCredential = authType === 'v3applicationcredential' || auth.application_credential_id !== undefined;
  return isCredential ? applicationCredential(auth, at, problems) : passwordAuth(auth, at, problems);
}

/** Adds the problem that one of `names` is missing, unless one of them has a problem already. */
function requireOne(at: string, names: readonly string[], problems: string[]): void {
  const isReported = names.some((name) =>
    problems.some((problem) => problem.startsWith(`${at}.auth.${name}:`)),
  );
  if (!isReported) problems.push(`${at}.auth: expected ${names.join(' or ')}, got nothing`);
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

/** Decodes one entry of a clouds.yaml. */
export const cloudEntry: Decoder<CloudEntry> = entryDecoder(url);

/** Decodes a clouds.yaml except its entries. They are decoded at their use, so an invalid entry does not affect others. */
export const cloudsYamlEntries = fields({ clouds: mapping(anything) });

const anyUrlEntry = entryDecoder(text);

const login: Decoder<CloudLogin> = (value, at, problems) => {
  const entry = anyUrlEntry(value, at, problems);
  return entry && { authUrl: entry.authUrl, auth: entry.auth, region: entry.region };
};

/**
 * Decodes a clouds.yaml that `encodeCloudsYaml` made. An auth URL may be any text, because the charm writes the text of
 * the consumer; the job that uses it reports an invalid URL.
 */
export const cloudsYaml: Decoder<OpenstackCloudsConfig> = fields({ clouds: mapping(login) });
