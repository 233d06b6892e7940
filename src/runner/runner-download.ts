import type { RunnerRelease } from '../guest/parts.ts';
import { type Arch, archNames } from '../model/image/arch.ts';
import { ImageBuildError } from '../model/errors.ts';
import type { GithubClient } from './github/github-client.ts';
import { type GithubPath, renderGithubPath } from './github/github-path.ts';

/** Returns the runner that GitHub, or a GitHub Enterprise Server, offers for the path. Throws ImageBuildError. */
export async function findRunnerDownload(
  github: GithubClient,
  path: GithubPath,
  arch: Arch,
): Promise<RunnerRelease> {
  const { runner: architecture } = archNames(arch);
  const downloads = await github.listRunnerDownloads(path);
  const found = downloads.find((each) => each.os === 'linux' && each.architecture === architecture);
  const where = `GitHub at ${github.apiUrl}, for ${renderGithubPath(path)},`;
  if (found === undefined) {
    const offered = downloads.map(({ os, architecture: offer }) => `${os} ${offer}`).join(', ');
    throw new ImageBuildError(
      `${where} offers no runner for linux ${architecture}, only: ${offered || 'none'}`,
    );
  }
  const version = /-(\d{1,4}\.\d{1,4}\.\d{1,4})\.tar\.gz$/.exec(found.filename.slice(-100))?.[1];
  const sha256 = /^[0-9a-f]{64}$/i.exec(found.sha256_checksum)?.[0].toLowerCase();
  if (version === undefined || sha256 === undefined) {
    throw new ImageBuildError(
      `${where} offers ${found.filename}: expected a file with version and SHA-256, one of them is missing`,
    );
  }
  return { version, url: found.download_url, sha256 };
}
