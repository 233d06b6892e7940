import type { Secret } from './secret.ts';

/** The login at GitHub: a personal access token, or an App that is installed for the path. */
export type GithubAuth =
  | { readonly method: 'token'; readonly token: Secret }
  | {
      readonly method: 'app';
      /** The id of the App, or its client id. */
      readonly appId: string;
      /** The id of the App's installation; absent: the one for the path is looked up. */
      readonly installationId?: string | undefined;
      /** In PEM. */
      readonly privateKey: Secret;
    };

/** The id or client id of an App. */
export const APP_ID = /^[A-Za-z0-9.]{1,100}$/;
const INSTALLATION_ID = /^\d{1,20}$/;
const KEYS = ['token', 'app-id', 'installation-id', 'private-key'] as const;

/** Returns the only login in the content of a Juju secret, or the problem of the content, which quotes no value. */
export function readGithubLogin(content: Readonly<Record<string, Secret>>): GithubAuth | string {
  const unknown = Object.keys(content).filter((key) => !KEYS.some((known) => known === key));
  if (unknown.length > 0) return `expected only the keys ${KEYS.join(', ')}, got ${unknown.join(', ')}`;
  const [token, appId, installationId, privateKey] = KEYS.map((key) => {
    const value = content[key];
    return value?.reveal() === '' ? undefined : value;
  });
  const isApp = (appId ?? installationId ?? privateKey) !== undefined;
  if (token !== undefined && isApp) return 'it has a token and an App, keep one';
  if (token !== undefined) return { method: 'token', token };
  if (appId === undefined || privateKey === undefined)
    return 'expected the key token, or app-id and private-key and, if it is known, installation-id';
  if (!APP_ID.test(appId.reveal())) return 'app-id: expected the id of an App';
  const installation = installationId?.reveal();
  if (installation !== undefined && !INSTALLATION_ID.test(installation))
    return 'installation-id: expected a number';
  return { method: 'app', appId: appId.reveal(), installationId: installation, privateKey };
}
