import type { Clock } from '../../model/clock.ts';
import { type Decoder, decode } from '../../model/decode.ts';
import { DeadlineError } from '../../model/errors.ts';
import { messageOf } from '../../model/text/message-of.ts';
import type { Secret } from '../../model/secret.ts';
import { DownloadError, originOf } from '../../system/http/download.ts';
import type { Http, HttpResponse } from '../../system/http/http.ts';
import { readMessage, readThrottling } from '../../system/http/rate-limit.ts';
import { readBounded } from '../../system/http/read-text.ts';
import { retryDownload } from '../../system/http/retry-download.ts';
import { GithubError } from './github-errors.ts';

/** The version of the REST API whose documented answers are decoded here. */
const API_VERSION = '2022-11-28';
const MAXIMUM_BODY = 4 * 1024 * 1024;

/** The settings of the calls to one GitHub. */
export interface GithubSettings {
  readonly http: Http;
  /** The root of the API without a slash at its end: `https://api.github.com`, or `https://HOST/api/v3`. */
  readonly apiUrl: string;
  readonly clock: Clock;
  /** The deadline of one call, including its retries and the pauses that GitHub asks for. */
  readonly apiTimeoutMs: number;
}

/** One call of GitHub's API. */
export interface GithubCall {
  /** The call in words, such as `list runners of octo-org`. */
  readonly operation: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** The path below the root of the API, with its query. */
  readonly path: string;
  readonly body?: unknown;
  /** A token, or the JSON web token of an App. */
  readonly token: Secret;
  /** Returns the advice for a status that is final. */
  readonly advice: (status: number) => string;
  /** Aborts the call; undefined for calls that must run to their end. */
  readonly signal: AbortSignal | undefined;
  /** Reports whether a call whose outcome is unknown may be sent again. Default: all but POST. */
  readonly isRepeatable?: boolean;
}

/**
 * Sends a call, and repeats it after temporary failures and rate limits within its deadline. Returns the decoded body.
 * Throws GithubError, or DeadlineError.
 */
export async function callGithub<T>(
  call: GithubCall,
  decoder: Decoder<T>,
  { http, apiUrl, clock, apiTimeoutMs: timeoutMs }: GithubSettings,
): Promise<T> {
  const onDeadline = (last: DownloadError | undefined): Error => {
    const before = last === undefined ? '' : ` (an earlier attempt failed: ${last.message})`;
    const limit = `${timeoutMs / 1000} s; --api-timeout sets the limit`;
    return new DeadlineError(
      `${call.operation}: ${originOf(apiUrl)} did not answer within ${limit}${before}`,
    );
  };
  const signal = call.signal ?? new AbortController().signal;
  try {
    const once = (attempt: AbortSignal): Promise<unknown> => sendOnce(call, { http, apiUrl }, attempt);
    const body = await retryDownload(once, { timeoutMs, clock, signal, onDeadline });
    return decode(decoder, body, '', (problems) => unexpected(call, apiUrl, problems.join('; ')));
  } catch (cause) {
    if (!(cause instanceof DownloadError)) throw cause;
    throw explain(call, cause);
  }
}

async function sendOnce(
  call: GithubCall,
  { http, apiUrl }: Pick<GithubSettings, 'http' | 'apiUrl'>,
  signal: AbortSignal,
): Promise<unknown> {
  const { method, path, body, token } = call;
  const response = await http
    .send({
      ...{ method, url: `${apiUrl}${path}`, signal },
      headers: {
        accept: 'application/vnd.github+json',
        authorization: `Bearer ${token.reveal()}`,
        'x-github-api-version': API_VERSION,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    .catch((cause: unknown) => {
      if (signal.aborted) throw cause;
      throw temporary(call, `${originOf(apiUrl)} gave no answer: ${messageOf(cause)}`, { cause });
    });
  if (response.status >= 200 && response.status < 300) return readJson(call, apiUrl, response);
  throw await statusError(call, apiUrl, response);
}

async function readJson(call: GithubCall, apiUrl: string, response: HttpResponse): Promise<unknown> {
  const limits = { maximum: MAXIMUM_BODY, encoding: response.header('content-encoding') };
  const { text } = await readBounded(response.body, limits).catch((cause: unknown) => {
    throw temporary(call, `${originOf(apiUrl)} broke off: ${messageOf(cause)}`, { cause });
  });
  try {
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  } catch {
    throw unexpected(call, apiUrl, 'the answer is not JSON');
  }
}

/** Returns the error for a status that is not a success. Only what may pass by itself is a DownloadError, and repeated. */
async function statusError(call: GithubCall, apiUrl: string, response: HttpResponse): Promise<Error> {
  const { status } = response;
  const origin = originOf(apiUrl);
  if (status === 403 || status === 429) {
    const throttling = await readThrottling(response);
    const why = throttling.message === '' ? '' : `: ${throttling.message}`;
    const limit = throttling.isRateLimited ? ' because of a rate limit' : '';
    const kind = throttling.isRateLimited ? 'unavailable' : 'build';
    return new DownloadError(kind, `${origin} answered ${status}${limit}${why}`, { status, throttling });
  }
  const message = await readMessage(response);
  const text = `${origin} answered ${status}${message === '' ? '' : `: ${message}`}`;
  if (status >= 500 || status === 408) return temporary(call, text, { status });
  return new DownloadError('build', text, { status });
}

/** Returns the error for a failure that may pass. A call that must not be sent twice ends with it. */
function temporary(
  call: GithubCall,
  text: string,
  details: ErrorOptions & { readonly status?: number },
): Error {
  if (call.isRepeatable ?? call.method !== 'POST') return new DownloadError('unavailable', text, details);
  return new GithubError(
    'unavailable',
    details.status,
    `${call.operation}: ${text}; try again later`,
    details,
  );
}

/** Returns the error for the last failure of a call: what failed, why, and what to do. */
function explain(call: GithubCall, cause: DownloadError): GithubError {
  const { status, throttling } = cause.details;
  const isRateLimited = throttling?.isRateLimited === true;
  const advice = isRateLimited
    ? 'try again later; the limit counts all requests of this token or App'
    : cause.kind === 'unavailable'
      ? 'try again later'
      : call.advice(status ?? 0);
  const kind = cause.kind === 'unavailable' ? 'unavailable' : status === 422 ? 'input' : 'denied';
  return new GithubError(kind, status, `${call.operation}: ${cause.message}; ${advice}`, { cause });
}

function unexpected(call: GithubCall, apiUrl: string, what: string): GithubError {
  const advice = 'check --github-api-url, whose default is https://api.github.com';
  return new GithubError(
    'unavailable',
    undefined,
    `${call.operation}: ${originOf(apiUrl)}: ${what}; ${advice}`,
  );
}

const PAGE_SIZE = 100;
const MAXIMUM_PAGES = 100;

/** The part of a query that asks for the largest page. */
export const WHOLE_PAGE = `per_page=${PAGE_SIZE}`;

/** Lists the elements of all pages, of which there may be 100. `listPage` gets the part of the query that names a page. */
export async function listPages<T>(
  listPage: (query: string) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const found: T[] = [];
  for (let page = 1; page <= MAXIMUM_PAGES; page++) {
    const elements = await listPage(`${WHOLE_PAGE}&page=${page}`);
    found.push(...elements);
    if (elements.length < PAGE_SIZE) break;
  }
  return found;
}
