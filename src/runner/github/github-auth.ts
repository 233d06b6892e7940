import { createPrivateKey, sign } from 'node:crypto';
import { fields, integer, nameText, textOf } from '../../model/decode.ts';
import { InputError } from '../../model/errors.ts';
import type { GithubAuth } from '../../model/github-login.ts';
import { Secret } from '../../model/secret.ts';
import { type GithubSettings, callGithub } from './github-api.ts';
import { type GithubPath, apiPathOf, renderGithubPath } from './github-path.ts';

/** Returns tokens for calls about a path. */
export interface GithubTokens {
  getToken(path: GithubPath, signal: AbortSignal | undefined): Promise<Secret>;
}

/** GitHub allows ten minutes. The time of issue is in the past, because clocks differ. */
const JWT_SECONDS = { before: 60, after: 9 * 60 };
const EARLY_MS = 5 * 60_000;

const installationFields = fields({ id: integer });
/** In characters. The tokens of GitHub Apps have about 500. */
const MAXIMUM_TOKEN = 4096;

const tokenFields = fields({ token: textOf(1, MAXIMUM_TOKEN), expires_at: nameText });

/** Returns the tokens of a login. `onSecret` learns every token that GitHub issues. */
export function openGithubTokens(
  auth: GithubAuth,
  settings: GithubSettings,
  onSecret: (secret: Secret) => void,
): GithubTokens {
  if (auth.method === 'token') return { getToken: () => Promise.resolve(auth.token) };
  const known = new Map<string, { readonly token: Secret; readonly expiresAt: number }>();
  return {
    getToken: async (path, signal) => {
      const key = apiPathOf(path);
      const found = known.get(key);
      if (found !== undefined && found.expiresAt - settings.clock.now() > EARLY_MS) return found.token;
      const issued = await createInstallationToken(auth, path, { ...settings, signal });
      onSecret(issued.token);
      known.set(key, issued);
      return issued.token;
    },
  };
}

/**
 * Creates a token of the App's installation for a path.
 * Documented at https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app
 */
async function createInstallationToken(
  auth: Extract<GithubAuth, { readonly method: 'app' }>,
  path: GithubPath,
  { signal, ...settings }: GithubSettings & { readonly signal: AbortSignal | undefined },
): Promise<{ readonly token: Secret; readonly expiresAt: number }> {
  const where = renderGithubPath(path);
  const token = signJwt(auth, settings.clock.now());
  const advice = (status: number): string => {
    if (status === 404) return `install the App ${auth.appId} for ${where}`;
    return `check the id of the App ${auth.appId}, its private key, and the clock of this host`;
  };
  const common = { token, advice, signal };
  const find = async (): Promise<number> => {
    const operation = `find the App's installation for ${where}`;
    const call = { ...common, operation, method: 'GET', path: `${apiPathOf(path)}/installation` } as const;
    return (await callGithub(call, installationFields, settings)).id;
  };
  const installationId = auth.installationId ?? (await find());
  const issued = await callGithub(
    {
      ...common,
      operation: `create a token of the App for ${where}`,
      method: 'POST',
      path: `/app/installations/${installationId}/access_tokens`,
      isRepeatable: true,
    },
    tokenFields,
    settings,
  );
  return { token: new Secret(issued.token), expiresAt: Date.parse(issued.expires_at) };
}

/** Returns the JSON web token with which an App proves its identity. Throws InputError when the key is not RSA in PEM. */
function signJwt(
  { appId, privateKey }: Extract<GithubAuth, { readonly method: 'app' }>,
  now: number,
): Secret {
  const seconds = Math.floor(now / 1000);
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const claims = { iat: seconds - JWT_SECONDS.before, exp: seconds + JWT_SECONDS.after, iss: appId };
  const unsigned = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(claims)}`;
  const signature = sign('RSA-SHA256', Buffer.from(unsigned), readKey(privateKey)).toString('base64url');
  return new Secret(`${unsigned}.${signature}`);
}

function readKey(privateKey: Secret): ReturnType<typeof createPrivateKey> {
  const expected = 'IMAGE_BUILDER_GITHUB_APP_KEY: expected the private key of the App, an RSA key in PEM';
  try {
    const key = createPrivateKey(privateKey.reveal());
    if (key.asymmetricKeyType === 'rsa') return key;
  } catch {
    // The cause may quote the key.
    throw new InputError([`${expected}, got something else`]);
  }
  throw new InputError([`${expected}, got a key of another type`]);
}
