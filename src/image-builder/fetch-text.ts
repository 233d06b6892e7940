import { DeadlineError } from '../model/errors.ts';
import { timeoutOption } from '../model/timeouts.ts';
import { DownloadError, downloadText } from '../system/http/download.ts';
import { withDeadline } from '../system/wait.ts';
import type { Deadlines, Downloads } from './context.ts';

/** Everything that a small download uses. */
export type FetchContext = Deadlines & Pick<Downloads, 'downloads'>;

/** A small text to download. */
export interface TextRequest {
  readonly url: string;
  /** The name of the download in errors. It must not contain a secret URL. */
  readonly what: string;
  /** In bytes. */
  readonly maximum: number;
  /** Creates the error for a failed download. */
  readonly fail: (message: string, options: ErrorOptions) => Error;
}

/** Downloads a small text within --fetch-timeout. Throws DeadlineError, or the error that `fail` creates. */
export async function fetchText(
  context: FetchContext,
  { url, what, maximum, fail }: TextRequest,
): Promise<string> {
  const { downloads, clock, signal: stop, timeouts } = context;
  const { fetchTimeout } = timeouts;
  const limits = { timeoutMs: fetchTimeout * 1000, clock, signal: stop };
  const limit = `${fetchTimeout} s; ${timeoutOption('fetchTimeout')} sets the limit`;
  try {
    return await withDeadline(
      (signal) => downloadText(downloads, url, maximum, signal),
      limits,
      () => new DeadlineError(`${what} was not downloaded within ${limit}`),
    );
  } catch (cause) {
    if (!(cause instanceof DownloadError)) throw cause;
    throw fail(`${what}: ${cause.message}`, { cause });
  }
}
