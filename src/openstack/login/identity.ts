import {
  type CloudCall,
  NotFoundError,
  RejectedError,
  UnexpectedAnswerError,
} from '../../model/cloud/cloud-errors.ts';
import {
  type Decoder,
  decode,
  fields,
  projectId,
  withDefault,
  nameText,
  usableList,
} from '../../model/decode.ts';
import { Secret } from '../../model/secret.ts';
import { mapJsonStrings } from '../../system/log/json-strings.ts';
import { Redactor } from '../../system/log/redactor.ts';
import type { Http, HttpResponse } from '../../system/http/http.ts';
import { requestIdOf } from '../api/api-answer.ts';
import { readAnswer } from '../api/read-answer.ts';
import { followRedirects } from '../api/redirects.ts';
import { connectionError, foreignAnswer, statusError } from '../api/response-errors.ts';
import { encodeAuthRequest } from './auth-request.ts';
import { type Catalog, catalogFields } from './catalog.ts';
import type { CloudAccess } from './cloud-access.ts';
import { type CallLimits, retryCall } from '../api/retry.ts';

/** A project-scoped token with its service catalogue. */
export interface Token {
  readonly id: Secret;
  readonly expiresAt: Date;
  readonly projectId: string;
  readonly catalog: Catalog;
  /** The names of the user's roles in the project. */
  readonly roles: readonly string[];
}

/** The login of one user in one cloud. All callers share its token. */
export interface Identity {
  /** Returns a token that is valid for at least five more minutes. Parallel callers share one request. */
  getToken(): Promise<Token>;
  /**
   * Returns a token for a call of up to `lifeMs`. It is the current one when that lives long enough, or when it is so
   * new that another would hardly live longer.
   */
  getTokenFor(lifeMs: number): Promise<Token>;
  /** Discards `token` after a 401, unless it has already been replaced. */
  dropToken(token: Token): void;
}

/** The HTTP client and the limits of an identity. */
export interface IdentityOptions {
  readonly http: Http;
  readonly limits: CallLimits;
  /** Called with every token, which no output may contain. */
  readonly onToken?: ((token: Secret) => void) | undefined;
}

const WRONG_AUTH_URL = 'answered 404; check that auth_url is the root of the v3 API of Keystone';
const EARLY_MS = 5 * 60_000;

/** A token is new while its age times this is less than the life that it has left. */
const NEW_SHARE = 20;

const date: Decoder<Date> = (value, at, problems) => {
  const read = nameText(value, at, problems);
  if (read === undefined) return undefined;
  const parsed = new Date(read);
  if (!Number.isNaN(parsed.getTime())) return parsed;
  problems.push(`${at}: expected a time in ISO 8601`);
  return undefined;
};

const tokenFields = fields({
  token: fields({
    expires_at: date,
    project: fields({ id: projectId }),
    catalog: catalogFields,
    roles: withDefault(usableList(fields({ name: nameText })), []),
  }),
});

/** Creates an identity. The first call that needs a token sends the first request. */
export function openIdentity(access: CloudAccess, tools: IdentityOptions): Identity {
  let current: Token | undefined;
  let receivedAt = 0;
  let pending: Promise<Token> | undefined;
  const { clock } = tools.limits;
  const renew = async (): Promise<Token> => {
    try {
      current = await requestToken(access, tools);
      tools.onToken?.(current.id);
      receivedAt = clock.now();
      return current;
    } finally {
      pending = undefined;
    }
  };
  const lifeOf = ({ expiresAt }: Token): number => expiresAt.getTime() - clock.now();
  return {
    getToken: () => {
      if (current !== undefined && lifeOf(current) > EARLY_MS) return Promise.resolve(current);
      return (pending ??= renew());
    },
    getTokenFor: (lifeMs) => {
      const isNew = current !== undefined && (clock.now() - receivedAt) * NEW_SHARE < lifeOf(current);
      if (current !== undefined && (isNew || lifeOf(current) > lifeMs + EARLY_MS))
        return Promise.resolve(current);
      return (pending ??= renew());
    },
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
    return await followRedirects('POST', `${access.authUrl}/auth/tokens`, (url) =>
      http.send({
        method: 'POST',
        url,
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: encodeAuthRequest(access),
        signal,
      }),
    );
  } catch (cause) {
    throw connectionError(call, cause);
  }
}

async function readToken(response: HttpResponse, access: CloudAccess, call: CloudCall): Promise<Token> {
  const answer = await readAnswer(call, response);
  const answered = { ...call, status: answer.status, requestId: requestIdOf(answer) };
  if (answer.status !== 201) {
    if (answer.status >= 200 && answer.status < 300) throw foreignAnswer(answered, answer.body);
    const error = statusError(call, { ...answer, body: redact(answer.body, access) });
    // a resource's function would take NotFoundError for the absence of its resource
    throw error instanceof NotFoundError ? new RejectedError(answered, WRONG_AUTH_URL) : error;
  }
  const fail = (problems: readonly string[]): Error =>
    new UnexpectedAnswerError(answered, `returned no usable token: ${problems.join('; ')}`);
  const id = answer.header('x-subject-token');
  if (id === undefined) throw fail(['no X-Subject-Token header']);
  const { token } = decode(tokenFields, answer.body, '', fail);
  return {
    id: new Secret(id),
    expiresAt: token.expires_at,
    projectId: token.project.id,
    catalog: token.catalog,
    roles: token.roles.map(({ name }) => name),
  };
}

/** Removes the secret from an error before a message cuts it, since some gateways echo the rejected request. */
function redact(body: unknown, { auth }: CloudAccess): unknown {
  const redactor = new Redactor();
  redactor.add([auth.method === 'password' ? auth.password : auth.secret]);
  const redacted = mapJsonStrings(JSON.stringify(body ?? ''), (text) => redactor.redact(text));
  return JSON.parse(redacted) as unknown;
}
