import { InputError } from '../model/errors.ts';
import {
  hasLogin,
  hasProxy,
  listProxyProblems,
  namesOf,
  parseProxyUrl,
  type ProxySettings,
  renderProxyUrl,
} from '../model/proxy-settings.ts';

/** The proxies as the programs of a guest read them. Their URLs may contain a login. */
export interface GuestProxy {
  /** With scheme and port; empty: none. */
  readonly http: string;
  readonly https: string;
  /** The entries of no_proxy. */
  readonly bypass: readonly string[];
}

/** The folder on a tmpfs for everything of a proxy that is for the build only. */
export const PROXY_FOLDER = '/run/github-runner-image-builder-proxy';

/** The file with one line `NAME=VALUE` for each proxy variable, without quotes. It exists during a build only. */
export const PROXY_ENVIRONMENT = `${PROXY_FOLDER}/environment`;

/**
 * The shell program that exports the variables of PROXY_ENVIRONMENT, if the guest has a proxy. The shell does not
 * evaluate the values.
 */
export const LOAD_PROXY_ENVIRONMENT = `if [ -e ${PROXY_ENVIRONMENT} ]; then
  while IFS= read -r line; do export "$line"; done <${PROXY_ENVIRONMENT}
fi`;

/** Returns the proxies for a guest, or undefined without a proxy. Throws InputError with all problems. */
export function toGuestProxy(settings: ProxySettings | undefined): GuestProxy | undefined {
  if (settings === undefined || !hasProxy(settings)) return undefined;
  const bypass = settings.noProxy
    .reveal()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '');
  const isOdd = bypass.some((entry) => !/^[\w.*:[\]/-]+$/.test(entry));
  const problems = isOdd
    ? [`${namesOf(settings).noProxy}: an entry is neither a host nor a network: a guest cannot use it`]
    : [];
  const all = [...listProxyProblems(settings), ...problems];
  if (all.length > 0) throw new InputError(all);
  return { http: render(settings.http.reveal()), https: render(settings.https.reveal()), bypass };
}

/** The proxies that aproxy can use, as `HOST:PORT`. */
export interface AproxyTargets {
  readonly http?: string;
  readonly https?: string;
}

/**
 * Returns the proxies that aproxy can use. It cannot log in to a proxy, speaks no TLS with it, and shows its settings on
 * its command line.
 */
export function toAproxyTargets(proxy: GuestProxy | undefined): AproxyTargets {
  const [http, https] = [proxy?.http, proxy?.https].map((value = '') => {
    const url = value === '' ? undefined : new URL(value);
    return url === undefined || hasLogin(url) || url.protocol !== 'http:'
      ? undefined
      : value.slice('http://'.length);
  });
  return { ...(http === undefined ? {} : { http }), ...(https === undefined ? {} : { https }) };
}

function render(value: string): string {
  const url = value.trim() === '' ? undefined : parseProxyUrl(value);
  return url === undefined ? '' : renderProxyUrl(url);
}
