import { errorCodeOf } from './error-code.ts';
import type { Http, HttpResponse } from './http.ts';
import { readText } from './http-text.ts';

const MAXIMUM_REDIRECTS = 5;

/** A download that did not give what was asked for. The message names the server only: a URL may hold a secret. */
export class DownloadError extends Error {
  override readonly name = 'DownloadError';
}

/** The part of a URL that may be told. */
export function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : 'an invalid URL';
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
    target = new URL(location, target).href;
  }
  throw new DownloadError(`${originOf(url)} redirected more than ${MAXIMUM_REDIRECTS} times`);
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
  const { text, isCut } = await readText(body, maximum);
  if (isCut) throw new DownloadError(`${originOf(url)} sent more than ${maximum} bytes`);
  return text;
}
