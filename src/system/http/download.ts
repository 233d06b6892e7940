import { errorCodeOf } from '../error-code.ts';
import type { Http, HttpResponse } from './http.ts';
import { readText } from './read-text.ts';
import { SourceError } from '../streams/source-error.ts';

const MAXIMUM_REDIRECTS = 5;

/** The error for a failed download. Its message names only the server, because a URL may hold a secret. */
export class DownloadError extends SourceError {}

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
  let target = url;
  for (let hop = 0; hop <= MAXIMUM_REDIRECTS; hop++) {
    const response = await sendGet(http, target, signal);
    if (response.status === 200) return response;
    response.body.destroy();
    const location = response.header('location');
    if (response.status < 300 || response.status > 399 || location === undefined) {
      throw new DownloadError(`${originOf(target)} answered ${response.status}`);
    }
    target = resolveRedirect(target, location);
  }
  throw new DownloadError(`${originOf(url)} redirected more than ${MAXIMUM_REDIRECTS} times`);
}

function resolveRedirect(from: string, location: string): string {
  const target = URL.canParse(location, from) ? new URL(location, from) : undefined;
  if (target === undefined || !/^https?:$/.test(target.protocol)) {
    throw new DownloadError(`${originOf(from)} redirected to an invalid URL`);
  }
  if (from.startsWith('https:') && target.protocol !== 'https:') {
    throw new DownloadError(`${originOf(from)} redirected from https to http`);
  }
  return target.href;
}

/** Sends a GET without following redirects. Throws DownloadError when the server does not answer. */
export async function sendGet(http: Http, url: string, signal: AbortSignal): Promise<HttpResponse> {
  try {
    return await http.send({ method: 'GET', url, signal });
  } catch (cause) {
    if (signal.aborted) throw cause;
    const code = errorCodeOf(cause);
    const reason = code ?? String(cause);
    throw new DownloadError(`${originOf(url)} gave no answer: ${reason}`, { cause });
  }
}

/** Downloads a text of at most `maximum` bytes. */
export async function downloadText(
  http: Http,
  url: string,
  maximum: number,
  signal: AbortSignal,
): Promise<string> {
  const { body } = await openDownload(http, url, signal);
  const { text, isCut } = await readText(body, maximum).catch((cause: unknown) => {
    throw new DownloadError(`${originOf(url)} broke off`, { cause });
  });
  if (isCut) throw new DownloadError(`${originOf(url)} sent more than ${maximum} bytes`);
  return text;
}
