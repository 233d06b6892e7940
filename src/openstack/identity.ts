import { type CloudCall, UnexpectedAnswerError } from '../model/cloud-errors.ts';
import { type Decoder, decode, fields, text } from '../model/decode.ts';
import { Secret } from '../model/secret.ts';
import { readText } from '../system/http/read-text.ts';
import type { Http, HttpResponse } from '../system/http/http.ts';
import { connectionError, statusError } from './response-errors.ts';
import { encodeAuthRequest } from './auth-request.ts';
import { type Catalog, catalogFields } from './catalog.ts';
import type { CloudAccess } from './cloud-access.ts';
import { type CallLimits, retryCall } from './retry.ts';

/** A project-scoped token with its service catalogue. */
export interface Token {
  readonly id: Secret;
  readonly expiresAt: Date;
  readonly projectId: string;
  readonly catalog: Catalog;
}

/** The login of one user in one cloud. All callers share its token. */
export interface Identity {
  /** Returns a token that is valid for at least five more minutes. Parallel callers share one request. */
  getToken(): Promise<Token>;
  /** Requests a new token, for a long-running call. Parallel callers share one request. */
  renewToken(): Promise<Token>;
  /** Discards `token` after a 401, unless it has already been replaced. */
  dropToken(token: Token): void;
}

/** The HTTP client and the limits of an identity. */
export interface IdentityOptions {
  readonly http: Http;
  readonly limits: CallLimits;
}

const MAXIMUM_BODY = 8 * 1024 * 1024;
const EARLY_MS = 5 * 60_000;

const date: Decoder<Date> = (value, at, problems) => {
  const read = text(value, at, problems);
  if (read === undefined) return undefined;
  const parsed = new Date(read);
  if (!Number.isNaN(parsed.getTime())) return parsed;
  problems.push(`${at}: expected a time in ISO 8601`);
  return undefined;
};

const tokenFields = fields({
  token: fields({
    expires_at: date,
    project: fields({ id: text }),
    catalog: catalogFields,
  }),
});

/** Creates an identity. The first call that needs a token sends the first request. */
export function openIdentity(access: CloudAccess, tools: IdentityOptions): Identity {
  let current: Token | undefined;
  let pending: Promise<Token> | undefined;
  const renew = async (): Promise<Token> => {
    try {
      current = await requestToken(access, tools);
      return current;
    } finally {
      pending = undefined;
    }
  };
  return {
    getToken: () => {
      if (current !== undefined && current.expiresAt.getTime() - tools.limits.clock.now() > EARLY_MS) {
        return Promise.resolve(current);
      }
      pending ??= renew();
      return pending;
    },
    renewToken: () => (pending ??= renew()),
    dropToken: (token) => {
      if (current === token) current = undefined;
    },
  };
}

function requestToken(access: CloudAccess, tools: IdentityOptions): Promise<Token> {
  const call: CloudCall = { cloud: access.name, service: 'identity', operation: 'log in' };
  const once = async (signal: AbortSignal): Promise<Token> =>
    readToken(await postAuth(access, tools.http, call, signal), access, call);
  return retryCall(once, call, tools.limits, { isRepeatable: true });
}

async function postAuth(
  access: CloudAccess,
  http: Http,
  call: CloudCall,
  signal: AbortSignal,
): Promise<HttpResponse> {
  try {
    return await http.send({
      method: 'POST',
      url: `${access.authUrl}/auth/tokens`,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: encodeAuthRequest(access),
      signal,
    });
  } catch (cause) {
    throw connectionError(call, cause);
  }
}

async function readToken(response: HttpResponse, access: CloudAccess, call: CloudCall): Promise<Token> {
  const { text: body } = await readText(response.body, MAXIMUM_BODY).catch((cause: unknown) => {
    throw connectionError(call, cause);
  });
  const answered = {
    ...call,
    status: response.status,
    requestId: response.header('x-openstack-request-id'),
  };
  if (response.status !== 201) {
    const { auth } = access;
    const secret = auth.method === 'password' ? auth.password : auth.secret;
    const escaped = JSON.stringify(secret.reveal()).slice(1, -1);
    // some proxies echo a rejected request, as JSON or as text
    const redacted = body.replaceAll(escaped, String(secret)).replaceAll(secret.reveal(), String(secret));
    throw statusError(answered, redacted, response.header('retry-after'));
  }
  const fail = (problems: readonly string[]): Error =>
    new UnexpectedAnswerError(answered, `returned no usable token: ${problems.join('; ')}`);
  const id = response.header('x-subject-token');
  if (id === undefined) throw fail(['no X-Subject-Token header']);
  const { token } = decode(tokenFields, parseJson(body), '', fail);
  return {
    id: new Secret(id),
    expiresAt: token.expires_at,
    projectId: token.project.id,
    catalog: token.catalog,
  };
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
