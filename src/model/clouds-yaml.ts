import { LIMITED_TEXTS, textUpTo, unlessEmpty } from './cloud/auth-values.ts';
import { authDecoder } from './cloud/cloud-auth.ts';
import type { CloudLogin, PasswordAuth, Reference } from './cloud/cloud-login.ts';
import { isGiven } from './cloud/cloud-settings.ts';
import { type Decoder, fields, flag, isMapping, list, mapping, oneOf, optional, text } from './decode.ts';
import { parseHttpUrl } from './text/http-url.ts';

/** One entry of clouds.yaml: a login and the settings of its connections. */
export interface CloudEntry extends CloudLogin {
  readonly interface: 'public' | 'internal' | 'admin';
  /** False when clouds.yaml turns off the verification of TLS certificates. */
  readonly verify: boolean;
  /** The path of a PEM file with CA certificates, or its text. */
  readonly cacert: string | undefined;
  /** The client's certificate, as a path or as PEM text. */
  readonly cert?: string | undefined;
  /** The key of the client's certificate, as a path or as PEM text; undefined when `cert` contains it. */
  readonly key?: string | undefined;
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

function encodeLogin({ authUrl, auth, region: regionName, allowedAddresses: allowed }: CloudLogin): object {
  return {
    ...(auth.method === 'password' ? {} : { auth_type: PLUGINS[auth.method] }),
    auth: { auth_url: authUrl, ...encodeAuth(auth) },
    ...(regionName === undefined ? {} : { region_name: regionName }),
    ...(allowed === undefined ? {} : { allowed_addresses: allowed }),
  };
}

const PLUGINS = {
  token: 'v3token',
  application_credential: 'v3applicationcredential',
  named_application_credential: 'v3applicationcredential',
} as const;

function encodeAuth(auth: CloudLogin['auth']): object {
  if (auth.method === 'application_credential') {
    return { application_credential_id: auth.id, application_credential_secret: auth.secret.reveal() };
  }
  if (auth.method === 'named_application_credential') {
    return {
      application_credential_name: auth.name,
      application_credential_secret: auth.secret.reveal(),
      ...encodeUser(auth),
    };
  }
  return {
    ...(auth.method === 'password' ? { password: auth.password.reveal() } : { token: auth.secret.reveal() }),
    ...encodeReference('project_domain_', auth.projectDomain),
    ...encodeReference('project_', auth.project),
    ...(auth.method === 'password' ? encodeUser(auth) : {}),
  };
}

function encodeUser({ user, userDomain }: Pick<PasswordAuth, 'user' | 'userDomain'>): object {
  return {
    ...encodeReference('user_domain_', userDomain),
    ...('id' in user ? { user_id: user.id } : { username: user.name }),
  };
}

function encodeReference(prefix: string, reference: Reference | undefined): object {
  if (reference === undefined) return {};
  return 'id' in reference ? { [`${prefix}id`]: reference.id } : { [`${prefix}name`]: reference.name };
}

/** The longest URL that common servers accept. */
const LONGEST_URL = 2048;
/** The longest id of a region in Keystone. */
const LONGEST_REGION = 255;
/** The longest path, or certificates in PEM. */
const LONGEST_PEM = 256 * 1024;

/** Decodes a URL. Blanks around it are no part of it. */
const url: Decoder<string> = (value, at, problems) => {
  const read = textUpTo(LONGEST_URL)(value, at, problems)?.trim();
  if (read === undefined) return undefined;
  if (parseHttpUrl(read) !== undefined) return read;
  problems.push(`${at}: expected a URL like https://keystone.example.com:5000/v3`);
  return undefined;
};

/** Decodes an interface, with or without the suffix `URL` that older clients wrote. */
const endpointInterface: Decoder<CloudEntry['interface']> = (value, at, problems) =>
  oneOf(['public', 'internal', 'admin'])(
    typeof value === 'string' && value.endsWith('URL') ? value.slice(0, -3) : value,
    at,
    problems,
  );

const path = unlessEmpty(textUpTo(LONGEST_PEM));
const region = unlessEmpty(textUpTo(LONGEST_REGION));

/** Our own field, which only the charm writes. */
const allowedAddresses = optional(fields({ cidrs: list(text), hosts: list(text) }));

const connectionFields = fields({
  region_name: region,
  allowed_addresses: allowedAddresses,
  interface: unlessEmpty(endpointInterface),
  endpoint_type: unlessEmpty(endpointInterface),
  verify: unlessEmpty(flagOrPath),
  insecure: unlessEmpty(flag),
  cacert: path,
  cert: path,
  key: path,
  ...{ compute_endpoint_override: unlessEmpty(url), compute_endpoint: unlessEmpty(url) },
  ...{ image_endpoint_override: unlessEmpty(url), image_endpoint: unlessEmpty(url) },
  ...{ network_endpoint_override: unlessEmpty(url), network_endpoint: unlessEmpty(url) },
});

/** Decodes `verify`, which may be the path of a file with CA certificates, as in the Python library requests. */
function flagOrPath(value: unknown, at: string, problems: string[]): boolean | string | undefined {
  return typeof value === 'string' && (value.startsWith('/') || value.startsWith('~'))
    ? path(value, at, problems)
    : flag(value, at, problems);
}

const entryLogin = authDecoder({ url, ...LIMITED_TEXTS });

/** Decodes the settings of one cloud, which `cloudSettings` has merged. */
export const cloudEntry: Decoder<CloudEntry> = (value, at, problems) => {
  const read = connectionFields(value, at, problems);
  const login = entryLogin(value, at, problems);
  rejectServiceSettings(value, at, problems);
  if (read === undefined || login === undefined) return undefined;
  const { verify } = read;
  return {
    ...login,
    region: read.region_name,
    allowedAddresses: read.allowed_addresses,
    interface: read.endpoint_type ?? read.interface ?? 'public',
    verify: verify !== false && read.insecure !== true,
    cacert: read.cacert ?? (typeof verify === 'string' ? verify : undefined),
    cert: read.cert,
    key: read.key,
    endpoints: {
      compute: read.compute_endpoint_override ?? read.compute_endpoint,
      image: read.image_endpoint_override ?? read.image_endpoint,
      network: read.network_endpoint_override ?? read.network_endpoint,
    },
  };
};

/** Settings of one service that choose its endpoint and that only openstacksdk knows. */
const SERVICE_SETTINGS = ['compute', 'image', 'network'].flatMap((service) =>
  ['interface', 'endpoint_type', 'region_name', 'service_name', 'service_type'].map((key) => ({
    key: `${service}_${key}`,
    usual: key === 'service_type' ? service : undefined,
  })),
);

function rejectServiceSettings(value: unknown, at: string, problems: string[]): void {
  if (!isMapping(value)) return;
  for (const { key, usual } of SERVICE_SETTINGS) {
    if (!isGiven(value[key]) || value[key] === usual) continue;
    problems.push(`${at}.${key}: not supported, and it chooses the endpoint; use interface and region_name`);
  }
}

const anyUrlLogin = authDecoder({ url: text, name: text, secret: text });
const ownFields = fields({ region_name: optional(text), allowed_addresses: allowedAddresses });

const login: Decoder<CloudLogin> = (value, at, problems) => {
  const own = ownFields(value, at, problems);
  const read = own && anyUrlLogin(value, at, problems);
  return read && { ...read, region: own.region_name, allowedAddresses: own.allowed_addresses };
};

/**
 * Decodes a clouds.yaml that `encodeCloudsYaml` made. An auth URL may be any text, because the charm writes the text of
 * the consumer; the job that uses it reports an invalid URL.
 */
export const cloudsYaml: Decoder<OpenstackCloudsConfig> = fields({ clouds: mapping(login) });
