import {
  type Decoded,
  type Decoder,
  anything,
  fields,
  flag,
  integer,
  list,
  nameText,
  shortText,
  textOf,
  withDefault,
} from '../../model/decode.ts';
import { InputError } from '../../model/errors.ts';
import type { GithubAuth } from '../../model/github-login.ts';
import { Secret } from '../../model/secret.ts';
import { listNames } from '../../openstack/get-by-name-or-id.ts';
import { type GithubCall, type GithubSettings, WHOLE_PAGE, callGithub, listPages } from './github-api.ts';
import { type GithubTokens, openGithubTokens } from './github-auth.ts';
import { GithubError } from './github-errors.ts';
import {
  type GithubOrg,
  type GithubPath,
  apiPathOf,
  describePermission,
  renderGithubPath,
  webUrlOf,
} from './github-path.ts';

/** A GitHub and the login at it. */
export interface GithubOptions extends GithubSettings {
  readonly auth: GithubAuth;
  /** Called with every secret that GitHub issues, which no output may contain. */
  readonly onSecret: (secret: Secret) => void;
}

const runnerFields = fields({
  id: integer,
  name: nameText,
  status: withDefault(shortText, ''),
  busy: withDefault(flag, false),
});

/** A registered runner. Its status is `online` or `offline`. */
export type RegisteredRunner = Decoded<typeof runnerFields>;

/** The runner to register. */
export interface RunnerSpec {
  readonly name: string;
  readonly labels: readonly string[];
}

/** A call about a repository or an organisation. */
interface PathCall extends Omit<GithubCall, 'path' | 'token' | 'advice' | 'signal'> {
  /** The part of the path below the repository or organisation, with its query. */
  readonly suffix: string;
  readonly advice?: (status: number) => string | undefined;
}

/** The runner group of repositories, and of organisations whose plan has no groups. */
const DEFAULT_GROUP_ID = 1;

const runnersFields = fields({ runners: list(runnerFields) });
const groupFields = fields({ id: integer, name: nameText, default: withDefault(flag, false) });
const groupsFields = fields({ runner_groups: list(groupFields) });
const downloadFields = fields({
  os: nameText,
  architecture: nameText,
  download_url: textOf(1, 2048),
  filename: nameText,
  sha256_checksum: withDefault(shortText, ''),
});
const registrationFields = fields({ token: nameText });
const jitFields = fields({ runner: fields({ id: integer }), encoded_jit_config: textOf(1, 65_536) });

/**
 * The calls of GitHub's REST API for self-hosted runners. Every failure is a GithubError or a DeadlineError that says what
 * to do. Documented at https://docs.github.com/en/rest/actions/self-hosted-runners
 */
export class GithubClient {
  /** The root of the API. */
  readonly apiUrl: string;
  readonly #options: GithubOptions;
  readonly #tokens: GithubTokens;
  readonly #signal: AbortSignal | undefined;

  constructor(options: GithubOptions, signal?: AbortSignal, tokens?: GithubTokens) {
    this.apiUrl = options.apiUrl;
    this.#options = options;
    this.#tokens = tokens ?? openGithubTokens(options.auth, options, options.onSecret);
    this.#signal = signal;
  }

  /** Returns a client with the same tokens whose calls end when `signal` aborts; undos use one without a signal. */
  withSignal(signal?: AbortSignal): GithubClient {
    return new GithubClient(this.#options, signal, this.#tokens);
  }

  /** Returns the URL under which a runner is configured for the path. */
  webUrl(path: GithubPath): string {
    return webUrlOf(this.apiUrl, path);
  }

  /** Creates a token with which a runner registers itself within an hour. It registers nothing by itself. */
  async createRegistrationToken(path: GithubPath): Promise<Secret> {
    const operation = `create a registration token for ${renderGithubPath(path)}`;
    const call = {
      operation,
      method: 'POST',
      suffix: '/actions/runners/registration-token',
      isRepeatable: true,
    } as const;
    const { token } = await this.call(path, call, registrationFields);
    return this.#learn(token);
  }

  /**
   * Registers a runner for one job and returns the configuration to start it with. Returns undefined when the server is
   * older than this call, which GitHub Enterprise Server has since 3.10.
   */
  async createJitConfig(path: GithubPath, { name, labels }: RunnerSpec): Promise<Secret | undefined> {
    const operation = `register runner ${name} in ${renderGithubPath(path)}`;
    const body = { name, labels, runner_group_id: await this.getGroupId(path), work_folder: '_work' };
    const suffix = '/actions/runners/generate-jitconfig';
    try {
      const created = await this.call(path, { operation, method: 'POST', suffix, body }, jitFields);
      return this.#learn(created.encoded_jit_config);
    } catch (error) {
      if (isStatus(error, 404) && !isGithubCom(this.apiUrl)) return undefined;
      throw error;
    }
  }

  /** Finds a runner by its name. */
  async findRunner(path: GithubPath, name: string): Promise<RegisteredRunner | undefined> {
    const suffix = `/actions/runners?name=${encodeURIComponent(name)}&${WHOLE_PAGE}`;
    const operation = `find runner ${name} in ${renderGithubPath(path)}`;
    const { runners } = await this.call(path, { operation, method: 'GET', suffix }, runnersFields);
    return runners.find((runner) => runner.name === name); // older servers ignore the filter
  }

  /** Lists all runners of the path. */
  async listRunners(path: GithubPath): Promise<readonly RegisteredRunner[]> {
    const operation = `list the runners of ${renderGithubPath(path)}`;
    return listPages(async (query) => {
      const suffix = `/actions/runners?${query}`;
      return (await this.call(path, { operation, method: 'GET', suffix }, runnersFields)).runners;
    });
  }

  /** Removes the registration of a runner. Does nothing when there is none. */
  async removeRunner(path: GithubPath, name: string): Promise<boolean> {
    const runner = await this.findRunner(path, name);
    if (runner === undefined) return false;
    const operation = `remove runner ${name} from ${renderGithubPath(path)}`;
    try {
      await this.call(
        path,
        { operation, method: 'DELETE', suffix: `/actions/runners/${runner.id}` },
        anything,
      );
    } catch (error) {
      if (!isStatus(error, 404)) throw error;
    }
    return true;
  }

  /** Lists the files of the runner, one for each platform. */
  async listRunnerDownloads(path: GithubPath): Promise<readonly Decoded<typeof downloadFields>[]> {
    const operation = `list the downloads of the runner for ${renderGithubPath(path)}`;
    return this.call(
      path,
      { operation, method: 'GET', suffix: '/actions/runners/downloads' },
      list(downloadFields),
    );
  }

  /** Returns the id of the path's runner group. Throws InputError when an organisation has no such group. */
  async getGroupId(path: GithubPath): Promise<number> {
    if (!('org' in path)) return DEFAULT_GROUP_ID;
    const groups = await this.#listGroups(path);
    const { org, group } = path;
    const found = groups.find(({ name, default: isDefault }) => (group === '' ? isDefault : name === group));
    if (found !== undefined) return found.id;
    if (group === '') return DEFAULT_GROUP_ID;
    const known = listNames(groups.map(({ name }) => name));
    throw new InputError([`--github-group: expected a runner group of ${org} (${known}), got ${group}`]);
  }

  async #listGroups(path: GithubOrg): Promise<readonly Decoded<typeof groupFields>[]> {
    const operation = `list the runner groups of ${path.org}`;
    return listPages(async (query) => {
      const suffix = `/actions/runner-groups?${query}`;
      return (await this.call(path, { operation, method: 'GET', suffix }, groupsFields)).runner_groups;
    });
  }

  /** Sends a call about a path. Its advice is used for the statuses for which it returns one. */
  async call<T>(
    path: GithubPath,
    { suffix, advice: ownAdvice, ...call }: PathCall,
    decoder: Decoder<T>,
  ): Promise<T> {
    const token = await this.#tokens.getToken(path, this.#signal);
    const advice = (status: number): string =>
      ownAdvice?.(status) ?? advise(status, path, this.#options.auth);
    const whole = { ...call, path: `${apiPathOf(path)}${suffix}`, token, advice, signal: this.#signal };
    return callGithub(whole, decoder, this.#options);
  }

  #learn(value: string): Secret {
    const secret = new Secret(value);
    this.#options.onSecret(secret);
    return secret;
  }
}

/** Reports whether a failure is GitHub's answer with this status. */
export function isStatus(error: unknown, status: number): boolean {
  return error instanceof GithubError && error.status === status;
}

function isGithubCom(apiUrl: string): boolean {
  return /^api\.(github\.com|[^.]+\.ghe\.com)$/.test(new URL(apiUrl).host);
}

/** Returns what to do about a final status of a call about a path. */
function advise(status: number, path: GithubPath, auth: GithubAuth): string {
  const login = auth.method === 'token' ? 'the token' : `the App ${auth.appId}`;
  const permission = describePermission(path);
  switch (status) {
    case 401:
      return auth.method === 'token'
        ? 'set IMAGE_BUILDER_GITHUB_TOKEN to a token that is valid at this server'
        : `check that ${login} is not suspended for ${renderGithubPath(path)}`;
    case 403:
      return `give ${login} ${permission}`;
    case 404:
      return `check --github-path ${renderGithubPath(path)}, and that ${login} may see it and has ${permission}`;
    case 409:
      return 'a runner of this name exists; remove it with `runner delete`, or try again for another name';
    default:
      return 'correct the request: the name, the labels or the group';
  }
}
