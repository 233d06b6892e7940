import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { type ProxySettings, type ProxyValues, parseProxyUrl } from '../../model/proxy-settings.ts';
import { Secret } from '../../model/secret.ts';
import { isCidr, isListed, networkList } from './cidr.ts';

/** The destination of a request, in the form that entries of NO_PROXY are compared with. */
interface Target {
  /** In lower case, without brackets and without a dot at its end. */
  readonly host: string;
  readonly port: string;
}

/** The proxy for a request, and the settings that chose it. */
export interface ChosenProxy {
  readonly url: URL;
  readonly settings: ProxySettings;
  /** The setting that contains the proxy. */
  readonly kind: 'http' | 'https';
}

const LOOPBACK = networkList(['127.0.0.0/8', '::1/128']);

/** Reads the proxies of an environment. A variable in lower case precedes the same one in upper case. */
export function readProxyVariables(env: Readonly<Record<string, string | undefined>>): ProxySettings {
  const read = (name: string): Secret => {
    const { [name]: lower = '', [name.toUpperCase()]: upper = '' } = env;
    return new Secret(lower === '' ? upper : lower);
  };
  return {
    http: read('http_proxy'),
    https: read('https_proxy'),
    noProxy: read('no_proxy'),
    source: 'environment',
  };
}

/**
 * Returns the proxy for a URL, or undefined for a direct connection. Loopback never has a proxy. An entry of noProxy is
 * `*`, a network (for targets that are addresses), an address, or a domain, which includes its subdomains; with `:port`
 * it applies to that port only.
 */
export function proxyFor({ http, https, noProxy }: ProxyValues, url: URL): URL | undefined {
  const value = (url.protocol === 'https:' ? https : http).reveal().trim();
  if (value === '') return undefined;
  const target = { host: normalizeHost(url.hostname), port: portOf(url) };
  if (isLoopback(target.host)) return undefined;
  const entries = noProxy.reveal().split(/[\s,]+/);
  return entries.some((entry) => matchesEntry(entry, target)) ? undefined : parseProxyUrl(value);
}

/** Returns the proxy for a URL with its setting, for messages. */
export function chooseProxy(settings: ProxySettings | undefined, url: URL): ChosenProxy | undefined {
  const proxy = settings && proxyFor(settings, url);
  if (settings === undefined || proxy === undefined) return undefined;
  return { url: proxy, settings, kind: url.protocol === 'https:' ? 'https' : 'http' };
}

/** Returns the port of a URL, or the default port of its scheme. */
export function portOf({ port, protocol }: URL): string {
  if (port !== '') return port;
  return protocol === 'https:' ? '443' : '80';
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || isWithin(LOOPBACK, host);
}

function matchesEntry(entry: string, target: Target): boolean {
  const { host, port } = splitEntry(entry);
  if (host === '' || (port !== '' && port !== target.port)) return false;
  if (host === '*') return true;
  const network = isIP(host) === 0 ? host : `${host}/${isIP(host) === 6 ? 128 : 32}`;
  if (isCidr(network)) return isWithin(networkList([network]), target.host);
  if (isIP(target.host) !== 0) return false;
  const domain = domainToASCII(host.replace(/^\*?\./, ''));
  return domain !== '' && (target.host === domain || target.host.endsWith(`.${domain}`));
}

/** Splits an entry into a normalised host or network, and a port, which is empty for all ports. */
function splitEntry(entry: string): Target {
  const [, bracketed, bracketedPort = ''] = /^\[([^\]]*)\](?::(\d+))?$/.exec(entry) ?? [];
  if (bracketed !== undefined) return { host: normalizeHost(bracketed), port: bracketedPort };
  const [, name, port = ''] = /^([^:]*):(\d+)$/.exec(entry) ?? [];
  return { host: normalizeHost(name ?? entry), port };
}

function normalizeHost(host: string): string {
  return host.toLowerCase().replace(/[[\]]/g, '').replace(/\.$/, '');
}

function isWithin(list: ReturnType<typeof networkList>, host: string): boolean {
  return isIP(host) !== 0 && isListed(list, host);
}
