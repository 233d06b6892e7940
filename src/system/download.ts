import { errorCodeOf } from './error-code.ts';
import type { Http, HttpResponse } from './http.ts';
import { readText } from './http-text.ts';
import { SourceError } from './source-error.ts';

const MAXIMUM_REDIRECTS = 5;

/** A download that did not give what was asked for. The message names the server only: a URL may hold a secret. */
export class DownloadError extends SourceError {}

/** The part of a URL that may be told. */
export function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : 'an invalid URL';
}

/** A URL as it may be told where its path is no secret: without user, password and query. */
export function tellUrl(url: string): string {
  return URL.canParse(url) ? `${new URL(url).origin}${new URL(url).pathname}` : 'an invalid URL';
}

/** Opens `url`, over up to five redirects. Throws DownloadError for any end but 200. */
export async function openDownload(http: Http, url: string, signal: AbortSignal): Promise<HttpResponse> {
  let target = url;
  for (let hop = 0; hop <= MAXIMUM_REDIRECTS; hop++) {
    const response = await sendOrExplain(http, target, signal);
    if (response.status === 200) return response;
    response.body.destroy();
    const location = response.header('location');
    if (response.status < 300 || response.status > 399 || location === undefined) {
      throw new DownloadError(`${originOf(target)} answered ${response.status}`);
    }
    target = follow(target, location);
  }
  throw new DownloadError(`${originOf(url)} redirected more than ${MAXIMUM_REDIRECTS} times`);
}

function follow(from: string, location: string): string {
  const target = URL.canParse(location, from) ? new URL(location, from) : undefined;
  if (target === undefined || !/^https?:$/.test(target.protocol)) {
    throw new DownloadError(`${originOf(from)} redirected to something that is no URL`);
  }
  if (from.startsWith('https:') && target.protocol !== 'https:') {
    throw new DownloadError(`${originOf(from)} redirected from https to http`);
  }
  return target.href;
}

/** Sends a GET without following redirects. */
export async function sendOrExplain(http: Http, url: string, signal: AbortSignal): Promise<HttpResponse> {
  try {
    return await http.send({ method: 'GET', url, signal });
  } catch (cause) {
    if (signal.aborted) throw cause;
    const code = errorCodeOf(cause);
    const reason = code ?? String(cause);
    throw new DownloadError(`${originOf(url)} gave no answer: ${reason}`, { cause });
  }
}

/** Downloads a small text, up to `maximum` bytes. */
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
