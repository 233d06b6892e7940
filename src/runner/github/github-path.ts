import { InputError } from '../../model/errors.ts';

/** A repository whose jobs a runner takes. */
interface GithubRepo {
  readonly owner: string;
  readonly repo: string;
}

/** An organisation whose jobs a runner takes. */
export interface GithubOrg {
  readonly org: string;
  /** The name of the runner group; empty for the organisation's default group. */
  readonly group: string;
}

export type GithubPath = GithubRepo | GithubOrg;

const NAME = /^[A-Za-z0-9._-]{1,100}$/;

/** Parses `OWNER/REPOSITORY` or `ORGANISATION`. Only an organisation has groups. Throws InputError. */
export function parseGithubPath(text: string, group: string): GithubPath {
  const parts = text.split('/');
  const [first = '', second, ...others] = parts;
  if (others.length > 0 || !parts.every((part) => NAME.test(part) && !/^\.+$/.test(part))) {
    throw new InputError([
      `--github-path: expected OWNER/REPOSITORY or an organisation, got ${text || 'nothing'}`,
    ]);
  }
  if (second === undefined) return { org: first, group };
  if (group !== '') {
    throw new InputError([
      `--github-group: expected no group for a repository, got ${group}; only organisations have groups`,
    ]);
  }
  return { owner: first, repo: second };
}

/** Returns the path as the web shows it: `owner/repository` or `organisation`. */
export function renderGithubPath(path: GithubPath): string {
  return 'org' in path ? path.org : `${path.owner}/${path.repo}`;
}

/** Returns the path of the owner's calls in GitHub's API. */
export function apiPathOf(path: GithubPath): string {
  return 'org' in path ? `/orgs/${path.org}` : `/repos/${path.owner}/${path.repo}`;
}

/** Returns the URL of the path in the web. GitHub Enterprise Server has its API below `/api/v3`, others at `api.`. */
export function webUrlOf(apiUrl: string, path: GithubPath): string {
  const { protocol, host } = new URL(apiUrl);
  return `${protocol}//${host.replace(/^api\./, '')}/${renderGithubPath(path)}`;
}

/** Returns the permission that the calls for runners need, in the words of GitHub's settings. */
export function describePermission(path: GithubPath): string {
  return 'org' in path
    ? 'the organisation permission "Self-hosted runners: write" (classic tokens: the scope admin:org)'
    : 'the repository permission "Administration: write" (classic tokens: the scope repo)';
}
