import type { Secret } from './secret.ts';

/** The proxies of a model or of an environment. Their URLs may contain a password; empty: none. */
export interface ProxyValues {
  readonly http: Secret;
  readonly https: Secret;
  /** The hosts that are connected to without a proxy. */
  readonly noProxy: Secret;
}

/** The proxies with their source, which determines the names in messages. */
export interface ProxySettings extends ProxyValues {
  readonly source: 'model' | 'environment' | 'option';
}

/** The names of the settings, as the reader of a message knows them. */
const NAMES = {
  model: { http: 'juju-http-proxy', https: 'juju-https-proxy', noProxy: 'juju-no-proxy' },
  environment: { http: 'HTTP_PROXY', https: 'HTTPS_PROXY', noProxy: 'NO_PROXY' },
  option: { http: '--proxy', https: '--proxy', noProxy: 'proxy.noProxy of --secrets-fd' },
} as const;

/** Returns the names of the settings of a source. */
export function namesOf({ source }: Pick<ProxySettings, 'source'>): (typeof NAMES)[typeof source] {
  return NAMES[source];
}

/** Reports whether any URL goes through a proxy. */
export function hasProxy({ http, https }: ProxyValues): boolean {
  return http.reveal().trim() !== '' || https.reveal().trim() !== '';
}

/** Returns the URL of a proxy. A host without a scheme means http. Returns undefined for an invalid value. */
export function parseProxyUrl(value: string): URL | undefined {
  const scheme = schemeOf(value);
  const text = scheme === undefined ? `http://${value.trim()}` : value.trim();
  if (!['http', 'https', undefined].includes(scheme) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.hostname === '' ? undefined : url;
}

/**
 * Renders the URL of a proxy with its port, because clients disagree about the default port of a proxy, and without
 * quotes, which readers of environment files remove.
 */
export function renderProxyUrl({ protocol, username, password, hostname, port }: URL): string {
  const secret = password === '' ? '' : `:${password}`;
  const login = username === '' && password === '' ? '' : `${username}${secret}@`.replaceAll("'", '%27');
  const defaultPort = protocol === 'https:' ? '443' : '80';
  return `${protocol}//${login}${hostname}:${port === '' ? defaultPort : port}`;
}

/** Reports whether the URL of a proxy contains a user or a password. */
export function hasLogin({ username, password }: Pick<URL, 'username' | 'password'>): boolean {
  return username !== '' || password !== '';
}

/** Lists the reasons for which these proxies cannot stay in an image. */
export function listKeptProxyProblems(settings: ProxySettings): readonly string[] {
  const names = namesOf(settings);
  return (['http', 'https'] as const).flatMap((kind) => {
    const url = parseProxyUrl(settings[kind].reveal());
    if (url === undefined || !hasLogin(url)) return [];
    return [
      `runner-proxy: the proxy of ${names[kind]} cannot stay in the image, because its URL contains a login that every ` +
        `job could read; use a proxy without a login, or set runner-proxy to false`,
    ];
  });
}

/** Lists the values that are not URLs of proxies, without repeating them. */
export function listProxyProblems(settings: ProxySettings): readonly string[] {
  const names = namesOf(settings);
  return (['http', 'https'] as const).flatMap((kind) => {
    const value = settings[kind].reveal().trim();
    if (value === '' || parseProxyUrl(value) !== undefined) return [];
    return [
      `${names[kind]}: expected the URL of an HTTP proxy like http://proxy.example.com:3128, with special characters of ` +
        `a password percent-encoded, got ${describeInvalid(schemeOf(value))}`,
    ];
  });
}

function schemeOf(value: string): string | undefined {
  return /^([a-z][a-z0-9+.-]{0,20}):\/\//i.exec(value.trim())?.[1]?.toLowerCase();
}

function describeInvalid(scheme: string | undefined): string {
  const isSupported = scheme === undefined || scheme === 'http' || scheme === 'https';
  return isSupported ? 'something else' : `one with the scheme ${scheme}`;
}
