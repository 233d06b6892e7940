import {
  type AuthKey,
  type AuthMethod,
  type AuthTexts,
  type AuthValues,
  authFields,
  loginBy,
} from './auth-values.ts';
import type { CloudLogin } from './cloud-login.ts';
import { type CloudSettings, anyMapping, isGiven } from './cloud-settings.ts';
import type { Decoder } from '../decode.ts';

/** Other names of keys. The key itself takes precedence. */
const ALIASES: Readonly<Partial<Record<AuthKey, readonly string[]>>> = {
  username: ['user_name'],
  token: ['auth_token'],
  project_id: ['tenant_id'],
  project_name: ['tenant_name'],
};

const PROJECT: readonly AuthKey[] = ['project_id', 'project_name'];
const DOMAINS: readonly AuthKey[] = [
  ...(['domain_id', 'domain_name', 'default_domain_id', 'default_domain_name'] as const),
  ...(['project_domain_id', 'project_domain_name'] as const),
];
const USER: readonly AuthKey[] = ['user_id', 'username', 'user_domain_id', 'user_domain_name'];
const CREDENTIAL: readonly AuthKey[] = [
  ...(['application_credential_id', 'application_credential_name'] as const),
  'application_credential_secret',
];

/** The keys that each kind of login accepts in `auth`. openstacksdk fails on any other key too. */
const KEYS: Readonly<Record<AuthMethod, readonly AuthKey[]>> = {
  password: [...PROJECT, ...DOMAINS, ...USER, 'password'],
  token: [...PROJECT, ...DOMAINS, 'token'],
  v3applicationcredential: [...DOMAINS, ...USER, ...CREDENTIAL],
};

const METHODS: ReadonlyMap<unknown, AuthMethod> = new Map<unknown, AuthMethod>([
  ['password', 'password'],
  ['v3password', 'password'],
  ['token', 'token'],
  ['v3token', 'token'],
  ['v3applicationcredential', 'v3applicationcredential'],
]);

/** The other plugins of keystoneauth, whose names may appear in messages. */
const UNSUPPORTED_METHODS: ReadonlySet<unknown> = new Set([
  ...['none', 'noauth', 'admin_token', 'token_endpoint', 'http_basic', 'gnocchi-basic', 'aodh-noauth'],
  ...['v2password', 'v2token', 'v3totp', 'v3multifactor', 'v3tokenlessauth', 'v3oauth1', 'v3kerberos'],
  ...['v3fedkerb', 'v3adfspassword', 'v3samlpassword', 'v3oidcpassword', 'v3oidcclientcredentials'],
  ...['v3oidcauthcode', 'v3oidcaccesstoken', 'v3oidcdeviceauthz', 'v3oauth2clientcredential'],
  ...['v3oauth2mtlsclientcredential', 'v3websso', 'rackspace_apikey'],
]);

/** Keys that change a login even outside of `auth`. */
const OTHER_KEYS = ['trust_id', 'system_scope', 'passcode'];
const PRINTABLE_KEY = /^[a-z_]{1,40}$/;
const MAXIMUM_KEYS = 20;

/** Returns a decoder of the login in the settings of a cloud. */
export function authDecoder(texts: AuthTexts): Decoder<Pick<CloudLogin, 'authUrl' | 'auth'>> {
  const decoder = authFields(texts);
  return (value, at, problems) => {
    const settings = value as CloudSettings;
    const given = settings['auth'];
    const auth = isGiven(given) ? anyMapping(given, `${at}.auth`, problems) : {};
    if (auth === undefined) return undefined;
    const read = decoder(collect(settings, auth), `${at}.auth`, problems);
    if (read === undefined) return undefined;
    const method = chooseMethod(settings, read, at, problems);
    if (method === undefined) return undefined;
    for (const key of findOtherKeys(settings, auth, method)) {
      const shown = PRINTABLE_KEY.test(key) ? `${at}.auth.${key}` : `${at}.auth: a key that no login has`;
      problems.push(
        `${shown}: not supported in a login with auth_type ${method}; remove it, or move it out of auth`,
      );
    }
    const login = loginBy(method, read, at, problems);
    return login && { authUrl: read.auth_url, auth: login };
  };
}

/** Collects the values of all known keys. `auth` takes precedence over the settings, as in openstacksdk. */
function collect(settings: CloudSettings, auth: CloudSettings): CloudSettings {
  const keys: readonly AuthKey[] = ['auth_url', 'default_domain', ...KEYS.password, 'token', ...CREDENTIAL];
  const valueOf = (key: AuthKey): unknown =>
    [...(ALIASES[key] ?? []), key]
      .flatMap((alias) => [settings[alias], auth[alias]])
      .filter(isGiven)
      .at(-1);
  return Object.fromEntries(keys.map((key) => [key, valueOf(key)]));
}

function chooseMethod(
  settings: CloudSettings,
  values: AuthValues,
  at: string,
  problems: string[],
): AuthMethod | undefined {
  const given = isGiven(settings['auth_type']) ? settings['auth_type'] : settings['auth_plugin'];
  if (!isGiven(given)) return inferMethod(values);
  const method = METHODS.get(given);
  if (method !== undefined) return method;
  const named = UNSUPPORTED_METHODS.has(given)
    ? `${String(given)}, which is not supported`
    : 'something else';
  problems.push(`${at}.auth_type: expected password, token or v3applicationcredential, got ${named}`);
  return undefined;
}

function inferMethod(values: AuthValues): AuthMethod {
  if (CREDENTIAL.some((key) => values[key] !== undefined)) return 'v3applicationcredential';
  return values.token !== undefined && values.password === undefined ? 'token' : 'password';
}

/** Returns the given keys that the login would depend on if they were supported. */
function findOtherKeys(settings: CloudSettings, auth: CloudSettings, method: AuthMethod): readonly string[] {
  const known = new Set(['auth_url', ...KEYS[method], ...KEYS[method].flatMap((key) => ALIASES[key] ?? [])]);
  const unknown = Object.keys(auth).filter((key) => isGiven(auth[key]) && !known.has(key));
  const scopes = method === 'v3applicationcredential' ? [...PROJECT, 'tenant_id', 'tenant_name'] : [];
  const outside = [...OTHER_KEYS, ...scopes].filter((key) => isGiven(settings[key]));
  return [...new Set([...unknown, ...outside])].slice(0, MAXIMUM_KEYS);
}
