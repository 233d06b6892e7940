import type { GithubAuth } from '../model/github-login.ts';
import { Secret } from '../model/secret.ts';
import type { CloudAccess } from '../openstack/login/cloud-access.ts';
import { parseProxyUrl } from '../model/proxy-settings.ts';
import { NO_SECRETS } from './commands/order-by-hand.ts';
import { listSecretVariables, readGithubVariables } from './read-secrets.ts';
import type { Request } from './request.ts';

/** Returns the secrets in an environment: those of the script and of GitHub, and the passwords of proxies. */
export function listEnvironmentSecrets(env: Readonly<Record<string, string | undefined>>): readonly Secret[] {
  const proxies = Object.entries(env).filter(([name]) => /^(http|https|all)_proxy$/i.test(name));
  const { githubToken, githubAppKey } = readGithubVariables(env);
  return [
    ...[githubToken, githubAppKey].flatMap((secret) => secret ?? []),
    ...listSecretVariables(env).values(),
    ...listUrlSecrets(env['IMAGE_BUILDER_SCRIPT_URL'] ?? ''),
    ...proxies.flatMap(([, value = '']) => listLoginOf(value.includes('://') ? value : `http://${value}`)),
  ];
}

/** Returns the secrets of a request: those of the script, and the passwords of proxies and in URLs of mirrors. */
export function listRequestSecrets(request: Request): readonly Secret[] {
  const { scriptUrl, scriptSecrets, proxy, guestProxy, github } =
    request.command === 'order' ? request.secrets : NO_SECRETS;
  const localProxy = request.command === 'build-local' ? request.proxy : undefined;
  const proxies = [proxy, guestProxy, localProxy].flatMap((settings) =>
    settings === undefined ? [] : [settings.http, settings.https],
  );
  return [
    ...scriptSecrets.values(),
    ...listGithubSecrets(github),
    ...listUrlSecrets(scriptUrl.reveal()),
    ...proxies.flatMap((value) => listLoginOf(parseProxyUrl(value.reveal())?.href ?? '')),
    ...listLoginOf(request.cloudImagesUrl),
    ...listLoginOf(request.runnerReleasesUrl),
    ...('github' in request ? listLoginOf(request.github.apiUrl) : []),
  ];
}

function listGithubSecrets(github: GithubAuth | undefined): readonly Secret[] {
  if (github === undefined) return [];
  return [github.method === 'token' ? github.token : github.privateKey];
}

/** Returns the secrets of the login to a cloud. */
export function listCloudSecrets({ auth, authUrl }: CloudAccess): readonly Secret[] {
  return [auth.method === 'password' ? auth.password : auth.secret, ...listLoginOf(authUrl)];
}

/** Returns the parts of a secret URL: the URL, its login, its path with the query, and each value of the query. */
function listUrlSecrets(url: string): readonly Secret[] {
  if (!URL.canParse(url)) return [];
  const { pathname, search, searchParams } = new URL(url);
  const path = pathname === '/' && search === '' ? [] : [`${pathname}${search}`];
  return [...[url, ...path, ...searchParams.values()].map((part) => new Secret(part)), ...listLoginOf(url)];
}

/** Returns the password of a URL, or its user when that is all, as in the URL of a token. */
function listLoginOf(url: string): readonly Secret[] {
  if (!URL.canParse(url)) return [];
  const { username, password } = new URL(url);
  return [new Secret(password === '' ? username : password)];
}
