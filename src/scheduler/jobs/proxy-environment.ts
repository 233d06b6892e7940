import type { HostSecrets } from '../../model/host-secrets.ts';

/** The model's proxies as programs look for them, in both spellings; what is empty is left out. */
export function proxyEnvironment(proxy: HostSecrets['proxy']): Readonly<Record<string, string>> {
  const settings = { http_proxy: proxy.http, https_proxy: proxy.https, no_proxy: proxy.noProxy };
  const entries = Object.entries(settings).flatMap(([name, value]) => {
    const text = value.reveal();
    return text === '' ? [] : [[name, text] as const, [name.toUpperCase(), text] as const];
  });
  return Object.fromEntries(entries);
}
