import { APP_ID, type GithubAuth } from '../../../model/github-login.ts';
import { Secret } from '../../../model/secret.ts';
import { withoutTrailing } from '../../../model/text/without-trailing.ts';
import { type GithubPath, parseGithubPath } from '../../../runner/github/github-path.ts';
import type { Host, RunnerRequest } from '../../request.ts';
import { readCommon } from '../../settings.ts';
import type { Call, Options } from '../command.ts';
import { prefixOption } from './option-groups.ts';
import type { OptionReader } from './read-options.ts';

const GITHUB_API_URL = 'https://api.github.com';

/** The options of the commands that call GitHub. */
export const GITHUB_OPTIONS = {
  path: {
    flags: '--github-path <path>',
    about: 'OWNER/REPOSITORY or organisation whose jobs the runner takes',
    read: readPath,
  },
  group: {
    flags: '--github-group <name>',
    about: "runner group of the organisation (default: the organisation's default group)",
    read: () => undefined, // see readPath
  },
  apiUrl: {
    flags: '--github-api-url <url>',
    about: 'root of the API of GitHub; https://HOST/api/v3 for GitHub Enterprise Server',
    defaultText: GITHUB_API_URL,
    read: (reader): string =>
      withoutTrailing('/', reader.url('githubApiUrl', '--github-api-url', GITHUB_API_URL)),
  },
  auth: {
    flags: '--github-app <id>',
    about: 'id of a GitHub App that is installed for the path (default: log in with a token)',
    read: readAuth,
  },
  prefix: prefixOption(),
} as const satisfies Options;

/** The text below the help of the commands that call GitHub. */
export const GITHUB_NOTES =
  '\nThe token is read from IMAGE_BUILDER_GITHUB_TOKEN, the private key of an App (PEM) from IMAGE_BUILDER_GITHUB_APP_KEY.';

/** Returns the request for a command that calls GitHub. */
export function runnerRequest(
  task: RunnerRequest['task'],
  { path, apiUrl, auth }: RunnerRequest['github'],
  call: Call,
): RunnerRequest {
  return { ...readCommon(call), command: 'runner', task, github: { path, apiUrl, auth } };
}

function readPath(reader: OptionReader): GithubPath {
  const path = reader.attempt(() => parseGithubPath(reader.text('githubPath'), reader.text('githubGroup')));
  return path ?? { org: '', group: '' };
}

/** Reads the login at GitHub. Its secrets come from the environment, so that no process list shows them. */
function readAuth(reader: OptionReader, { githubToken, githubAppKey }: Host): GithubAuth {
  const appId = reader.text('githubApp');
  if (appId === '') {
    if (githubToken === undefined) {
      reader.problem(
        'IMAGE_BUILDER_GITHUB_TOKEN',
        'a token of GitHub (or --github-app with the key of an App)',
        '',
      );
    }
    return { method: 'token', token: githubToken ?? new Secret('') };
  }
  if (!APP_ID.test(appId)) reader.problem('--github-app', 'the id of an App', appId);
  if (githubAppKey === undefined) {
    reader.problem('IMAGE_BUILDER_GITHUB_APP_KEY', 'the private key of the App in PEM', '');
  }
  return { method: 'app', appId, privateKey: githubAppKey ?? new Secret('') };
}
