import { type Arch, archNames } from '../../model/arch.ts';
import { fields, list, optional, text, withDefault, anyString } from '../../model/decode.ts';
import { DeadlineError, RunnerDownloadError } from '../../model/errors.ts';
import type { RunnerRelease } from '../../guest/parts.ts';
import { DownloadError, downloadText, sendGet, redactUrl } from '../../system/http/download.ts';
import type { Http } from '../../system/http/http.ts';
import { withDeadline } from '../../system/wait.ts';
import type { Downloads } from '../context.ts';
import type { FetchContext } from '../fetch-text.ts';

const MAX_RESPONSE_BYTES = 2 * 1024 * 1024;

/**
 * Finds the runner's tarball and its SHA-256 below `--runner-releases-url`. The layout is that of GitHub's releases:
 * `/latest` redirects to `/tag/v<version>`, and `/download/v<version>/` has the files. GitHub's API has the checksums; a
 * mirror has `<tarball>.sha256` next to the tarball. Throws RunnerDownloadError.
 */
export async function resolveRunnerRelease(
  context: FetchContext & Pick<Downloads, 'runnerReleasesUrl'>,
  arch: Arch,
  wanted: string,
): Promise<RunnerRelease> {
  const { fetchTimeout } = context.timeouts;
  const limits = { timeoutMs: fetchTimeout * 1000, clock: context.clock, signal: context.signal };
  const root = context.runnerReleasesUrl.replace(/\/+$/, '');
  const timeoutError = (): Error =>
    new DeadlineError(
      `${redactUrl(root)} did not answer within ${fetchTimeout} s; --fetch-timeout sets the limit`,
    );
  try {
    return await withDeadline(
      (signal) => resolve({ http: context.downloads, root, signal }, arch, wanted),
      limits,
      timeoutError,
    );
  } catch (cause) {
    if (!(cause instanceof DownloadError)) throw cause;
    throw new RunnerDownloadError(`the runner's release: ${cause.message}`, { cause });
  }
}

/** A server that has the runner's releases below `root`. */
interface ReleaseServer {
  readonly http: Http;
  readonly root: string;
  readonly signal: AbortSignal;
}

async function resolve(server: ReleaseServer, arch: Arch, wanted: string): Promise<RunnerRelease> {
  const { http, root, signal } = server;
  const version = wanted === '' ? await findLatest(server) : wanted;
  const file = `actions-runner-linux-${archNames(arch).runner}-${version}.tar.gz`;
  const url = `${root}/download/v${version}/${file}`;
  const api = githubApiOf(root);
  const sha256 =
    api === undefined
      ? parseSum(await downloadText(http, `${url}.sha256`, MAX_RESPONSE_BYTES, signal))
      : findGithubDigest(
          await downloadText(http, `${api}/tags/v${version}`, MAX_RESPONSE_BYTES, signal),
          file,
        );
  if (sha256 === undefined) {
    throw new RunnerDownloadError(
      `${file}: expected its SHA-256 at ${redactUrl(api ?? `${url}.sha256`)}, found none`,
    );
  }
  return { version, url, sha256 };
}

async function findLatest({ http, root, signal }: ReleaseServer): Promise<string> {
  const response = await sendGet(http, `${root}/latest`, signal);
  response.body.destroy();
  const version = /\/v(\d+\.\d+\.\d+)\/?$/.exec(response.header('location') ?? '')?.[1];
  if (version !== undefined) return version;
  const got = `${response.status}, ${response.header('location') === undefined ? 'no location' : 'another location'}`;
  throw new RunnerDownloadError(
    `${redactUrl(root)}/latest: expected a redirect to …/tag/v<version>, got ${got}`,
  );
}

/** Returns the URL of the same releases in GitHub's API; undefined for a mirror. */
export function githubApiOf(root: string): string | undefined {
  const path = /^https:\/\/github\.com\/([^/]+\/[^/]+)\/releases$/.exec(root)?.[1];
  return path === undefined ? undefined : `https://api.github.com/repos/${path}/releases`;
}

const releaseFields = fields({
  body: withDefault(anyString, ''),
  assets: list(fields({ name: text, digest: optional(text) })),
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
