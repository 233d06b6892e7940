import { messageOf } from '../../model/text/message-of.ts';
import { errorCodeOf } from '../error-code.ts';
import { SourceError } from '../streams/source-error.ts';
import { ConnectionFailure } from './connection-failure.ts';
import type { Http, HttpResponse } from './http.ts';
import { type Throttling, readThrottling } from './rate-limit.ts';
import { readBounded } from './read-text.ts';

const MAXIMUM_REDIRECTS = 5;

interface DownloadErrorOptions extends ErrorOptions {
  /** The status of the response; undefined when there was none. */
  readonly status?: number | undefined;
  readonly throttling?: Throttling | undefined;
}

/** The error for a failed download. Its message names only the server, because a URL may hold a secret. */
export class DownloadError extends SourceError {
  override readonly kind: 'unavailable' | 'build';
  readonly details: DownloadErrorOptions;

  constructor(kind: 'unavailable' | 'build', message: string, details: DownloadErrorOptions = {}) {
    super(message, details);
    this.kind = kind;
    this.details = details;
  }
}

/** Returns the origin of a URL: the part that can be logged without revealing a secret. */
export function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : 'an invalid URL';
}

/** Returns a URL without user, password and query, for URLs whose path is not secret. */
export function redactUrl(url: string): string {
  return URL.canParse(url) ? `${new URL(url).origin}${new URL(url).pathname}` : 'an invalid URL';
}

/** Opens `url` and follows up to five redirects. Throws DownloadError for every final status other than 200. */
export async function openDownload(http: Http, url: string, signal: AbortSignal): Promise<HttpResponse> {
  const end = await followRedirects(http, url, signal);
  if (end.response.status === 200) return end.response;
  throw await statusError(end);
}

/** Downloads a text of at most `maximum` bytes. Throws DownloadError. */
export async function downloadText(
  http: Http,
  url: string,
  maximum: number,
  signal: AbortSignal,
): Promise<string> {
  const response = await openDownload(http, url, signal);
  const limits = { maximum, encoding: response.header('content-encoding') };
  const { text, isCut } = await readBounded(response.body, limits).catch((cause: unknown) => {
    throw new DownloadError('unavailable', `${originOf(url)} broke off: ${reasonOf(cause)}`, { cause });
  });
  if (isCut) throw new DownloadError('build', `${originOf(url)} sent more than ${maximum} bytes`);
  return text;
}

/**
 * Follows up to five redirects of `url` until one leads to a location that `isWanted` accepts, and returns that
 * location without opening it. Throws DownloadError.
 */
export async function findRedirect(
  http: Http,
  url: string,
  isWanted: (location: string) => boolean,
  signal: AbortSignal,
): Promise<string> {
  const end = await followRedirects(http, url, signal, isWanted);
  if (end.location !== undefined) {
    end.response.body.destroy();
    return end.location;
  }
  throw await statusError(end);
}

/** The last response of a chain of redirects. */
interface RedirectEnd {
  readonly url: string;
  readonly response: HttpResponse;
  /** The location that ended the chain because it was wanted. */
  readonly location?: string;
}

async function followRedirects(
  http: Http,
  url: string,
  signal: AbortSignal,
  isWanted: (location: string) => boolean = () => false,
): Promise<RedirectEnd> {
  let target = url;
  for (let hop = 0; hop <= MAXIMUM_REDIRECTS; hop++) {
    const response = await sendGet(http, target, signal);
    const location = response.header('location');
    const isRedirect = response.status >= 300 && response.status <= 399;
    if (!isRedirect || location === undefined) return { url: target, response };
    if (isWanted(location)) return { url: target, response, location };
    response.body.destroy();
    target = resolveRedirect(target, location);
  }
  throw new DownloadError('build', `${originOf(url)} redirected more than ${MAXIMUM_REDIRECTS} times`);
}

function resolveRedirect(from: string, location: string): string {
  const target = URL.canParse(location, from) ? new URL(location, from) : undefined;
  if (target === undefined || !/^https?:$/.test(target.protocol)) {
    throw new DownloadError('build', `${originOf(from)} redirected to an invalid URL`);
  }
  if (from.startsWith('https:') && target.protocol !== 'https:') {
    throw new DownloadError('build', `${originOf(from)} redirected from https to http`);
  }
  return target.href;
}

/**
 * Sends a GET over a connection of its own. Another attempt over the same connection would ask the same server of a
 * mirror, and only some of its servers may lack a file or be broken.
 */
async function sendGet(http: Http, url: string, signal: AbortSignal): Promise<HttpResponse> {
  try {
    return await http.send({ method: 'GET', url, headers: { connection: 'close' }, signal });
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new DownloadError('unavailable', `${originOf(url)} gave no answer: ${reasonOf(cause)}`, { cause });
  }
}

/** Returns the error for a final status. A file that is missing may appear, because mirrors are updated file by file. */
async function statusError({ url, response }: RedirectEnd): Promise<DownloadError> {
  const { status } = response;
  const throttling = await readThrottling(response);
  const isTemporary = throttling.isRateLimited || [404, 408, 425].includes(status) || status >= 500;
  const why = throttling.message === '' ? '' : `: ${throttling.message}`;
  const limit = throttling.isRateLimited ? ' because of a rate limit' : '';
  return new DownloadError(
    isTemporary ? 'unavailable' : 'build',
    `${originOf(url)} answered ${status}${limit}${why}`,
    { status, throttling },
  );
}

/** Returns the code of a network error, which names no URL, with an explanation of the most common ones. */
function reasonOf(cause: unknown): string {
  if (cause instanceof ConnectionFailure) return cause.message;
  const code = errorCodeOf(cause) ?? messageOf(cause);
  const isUnknownHost = code === 'EAI_AGAIN' || code === 'ENOTFOUND';
  return isUnknownHost ? `${code} (the name of the host cannot be resolved)` : code;
}
