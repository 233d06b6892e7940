import { type Arch, archNames } from '../../model/image/arch.ts';
import { fields, optional, withDefault, anyString, nameText, usableList } from '../../model/decode.ts';
import { InputError, RunnerDownloadError } from '../../model/errors.ts';
import type { RunnerRelease } from '../../guest/parts.ts';
import { type DownloadError, findRedirect, redactUrl } from '../../system/http/download.ts';
import type { Downloads } from '../context.ts';
import { type FetchContext, fetchText, fetchWithin } from '../fetch-text.ts';
import { withoutTrailing } from '../../model/text/without-trailing.ts';

const MAX_RESPONSE_BYTES = 2 * 1024 * 1024;

/** Everything that the look-up of a release uses. */
type ReleaseContext = FetchContext & Pick<Downloads, 'runnerReleasesUrl'>;

/**
 * Finds the runner's tarball and its SHA-256 below `--runner-releases-url`. The layout is that of GitHub's releases:
 * `/latest` redirects to `/tag/v<version>`, and `/download/v<version>/` has the files. GitHub's API has the checksums; a
 * mirror has `<tarball>.sha256` next to the tarball. Throws RunnerDownloadError or DeadlineError.
 */
export async function resolveRunnerRelease(
  context: ReleaseContext,
  arch: Arch,
  wanted: string,
): Promise<RunnerRelease> {
  const root = withoutTrailing('/', context.runnerReleasesUrl);
  const version = wanted === '' ? await findLatest(context, root) : wanted;
  const file = `actions-runner-linux-${archNames(arch).runner}-${version}.tar.gz`;
  const url = `${root}/download/v${version}/${file}`;
  const api = githubApiOf(root);
  const source = api === undefined ? `${url}.sha256` : `${api}/tags/v${version}`;
  const content = await fetchText(context, {
    url: source,
    what: redactUrl(source),
    maximum: MAX_RESPONSE_BYTES,
    fail: (message, { cause }) =>
      cause.details.status === 404 && wanted !== ''
        ? missingVersionError(version, root, message, cause)
        : releaseError(message, cause),
  });
  const sha256 = api === undefined ? parseSum(content) : findGithubDigest(content, file);
  const releasedAt = api === undefined ? undefined : findGithubTime(content);
  if (sha256 !== undefined) return { version, url, sha256, ...(releasedAt && { releasedAt }) };
  throw new RunnerDownloadError(`${file}: expected its SHA-256 at ${redactUrl(api ?? source)}, found none`);
}

const TAG = /\/v(\d+\.\d+\.\d+)\/?$/;

async function findLatest(context: FetchContext, root: string): Promise<string> {
  const what = `${redactUrl(root)}/latest`;
  const location = await fetchWithin(context, { what, fail: explainLatest }, (signal) =>
    findRedirect(context.downloads, `${root}/latest`, (target) => TAG.test(target), signal),
  );
  return TAG.exec(location)?.[1] ?? '';
}

function explainLatest(message: string, { cause }: { readonly cause: DownloadError }): RunnerDownloadError {
  const isOther = cause.details.status === 200 || cause.details.status === 404;
  return releaseError(`${message}${isOther ? '; expected a redirect to …/tag/v<version>' : ''}`, cause);
}

/** Adds the ways round a rate limit, which counts all requests from one address. */
function releaseError(message: string, cause: DownloadError): RunnerDownloadError {
  const isRateLimited = cause.details.throttling?.isRateLimited === true;
  const way = isRateLimited ? '; try again later, or set --runner-releases-url to a mirror' : '';
  return new RunnerDownloadError(`the runner's release: ${message}${way}`, { cause });
}

function missingVersionError(
  version: string,
  root: string,
  message: string,
  cause: DownloadError,
): RunnerDownloadError {
  const problem = `runner version ${version} does not exist at ${redactUrl(root)} (${message})`;
  const advice = 'set --runner-version to a version that is listed there, or omit it for the latest';
  const input = new InputError([`${problem}; ${advice}`], { cause });
  return new RunnerDownloadError(input.message, { cause: input });
}

/** Returns the URL of the same releases in GitHub's API; undefined for a mirror. */
export function githubApiOf(root: string): string | undefined {
  const path = /^https:\/\/github\.com\/([^/]+\/[^/]+)\/releases$/.exec(root)?.[1];
  return path === undefined ? undefined : `https://api.github.com/repos/${path}/releases`;
}

const releaseFields = fields({
  body: withDefault(anyString, ''),
  assets: usableList(fields({ name: nameText, digest: optional(nameText) })),
});

/** Finds a file's SHA-256 in a release of GitHub's API. Older releases have it in their notes, not in the asset. */
export function findGithubDigest(json: string, file: string): string | undefined {
  const problems: string[] = [];
  const release = releaseFields(parseJson(json), '', problems);
  if (release === undefined || problems.length > 0) return undefined;
  const digest = release.assets.find((asset) => asset.name === file)?.digest;
  const fromAsset = /^sha256:([0-9a-f]{64})$/i.exec(digest ?? '')?.[1];
  if (fromAsset !== undefined) return fromAsset.toLowerCase();
  const platform = /^actions-runner-(linux-.+)-[^-]+\.tar\.gz$/.exec(file)?.[1] ?? '';
  const fromNotes = new RegExp(`BEGIN SHA ${platform} -->([0-9a-f]{64})<`, 'i').exec(release.body)?.[1];
  return fromNotes?.toLowerCase();
}

const timeField = fields({ published_at: nameText });

/** Returns the time at which a release of GitHub's API was published, in ISO 8601. */
function findGithubTime(json: string): string | undefined {
  const problems: string[] = [];
  const read = timeField(parseJson(json), '', problems);
  const time = problems.length > 0 ? Number.NaN : Date.parse(read?.published_at ?? '');
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Reads `<sha256>  <file>`, or the sum alone. */
function parseSum(content: string): string | undefined {
  return /^([0-9a-fA-F]{64})(\s|$)/.exec(content.trim())?.[1]?.toLowerCase();
}
