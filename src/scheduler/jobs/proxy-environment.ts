import type { HostSecrets } from '../../model/host-secrets.ts';

/** Returns the proxy variables of the model in lower and upper case, without empty ones. */
export function proxyEnvironment(proxy: HostSecrets['proxy']): Readonly<Record<string, string>> {
  const settings = { http_proxy: proxy.http, https_proxy: proxy.https, no_proxy: proxy.noProxy };
  const entries = Object.entries(settings).flatMap(([name, value]) => {
    const text = value.reveal();
    return text === '' ? [] : [[name, text] as const, [name.toUpperCase(), text] as const];
  });
  return Object.fromEntries(entries);
}
