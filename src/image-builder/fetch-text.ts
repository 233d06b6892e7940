import { DeadlineError } from '../model/errors.ts';
import { timeoutOption } from '../model/job/timeouts.ts';
import { DownloadError, downloadText } from '../system/http/download.ts';
import { retryDownload } from '../system/http/retry-download.ts';
import type { Deadlines, Downloads } from './context.ts';

/** Everything that a small download uses. */
export type FetchContext = Deadlines & Pick<Downloads, 'downloads'>;

/** A small download as its errors describe it. */
export interface FetchDescription {
  /** The name of the download in errors. It must not contain a secret URL. */
  readonly what: string;
  /** Creates the error for a failed download. Its cause is a DownloadError. */
  readonly fail: (message: string, options: { readonly cause: DownloadError }) => Error;
}

/** A small text to download. */
export interface TextRequest extends FetchDescription {
  readonly url: string;
  /** In bytes. */
  readonly maximum: number;
}

/** Downloads a small text, with retries, within --fetch-timeout. Throws DeadlineError, or the error that `fail` creates. */
export function fetchText(context: FetchContext, { url, maximum, ...request }: TextRequest): Promise<string> {
  return fetchWithin(context, request, (signal) => downloadText(context.downloads, url, maximum, signal));
}

/** Runs a small download, with retries, within --fetch-timeout. Throws DeadlineError, or the error that `fail` creates. */
export async function fetchWithin<T>(
  { clock, signal, timeouts: { fetchTimeout } }: Deadlines,
  { what, fail }: FetchDescription,
  once: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const onDeadline = (last: DownloadError | undefined): Error => {
    const before = last === undefined ? '' : ` (an earlier attempt failed: ${last.message})`;
    const limit = `${fetchTimeout} s; ${timeoutOption('fetchTimeout')} sets the limit`;
    return new DeadlineError(`${what} was not downloaded within ${limit}${before}`);
  };
  try {
    return await retryDownload(once, { timeoutMs: fetchTimeout * 1000, clock, signal, onDeadline });
  } catch (cause) {
    if (!(cause instanceof DownloadError)) throw cause;
    throw fail(`${what}: ${cause.message}`, { cause });
  }
}
