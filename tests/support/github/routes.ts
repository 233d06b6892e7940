import { createVerify } from 'node:crypto';
import { type GithubState, type RunnerOwner, addRunner, issueSecret } from './github-state.ts';
import { answerWorkflows } from './workflows.ts';

/** A request to GitHub, with the owner that its path names. */
export interface GithubRequest {
  readonly method: string;
  readonly url: URL;
  /** The path below the root of the API. */
  readonly path: string;
  readonly authorization: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A response of GitHub. Its body is JSON. */
export interface GithubAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export const refuse = (status: number, message: string): GithubAnswer => ({
  status,
  body: { message, documentation_url: 'https://docs.github.com/rest', status: String(status) },
});

export const NOT_FOUND = refuse(404, 'Not Found');
const BAD_CREDENTIALS = refuse(401, 'Bad credentials');
/** The message for a token that may see the owner but lacks the permission. */
const NO_PERMISSION = refuse(403, 'Resource not accessible by personal access token');

/**
 * Answers a request as the documentation of the REST API says:
 * https://docs.github.com/en/rest/actions/self-hosted-runners
 * https://docs.github.com/en/rest/actions/self-hosted-runner-groups
 * https://docs.github.com/en/rest/apps/apps
 * https://docs.github.com/en/rest/actions/workflows, /workflow-runs and /workflow-jobs
 * https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api (401, 403 and 404)
 */
export function answerGithub(state: GithubState, request: GithubRequest): GithubAnswer {
  const [, path = '', call = ''] = /^\/(orgs\/[^/]+|repos\/[^/]+\/[^/]+)(\/.*)?$/.exec(request.path) ?? [];
  const owner = state.owners.find((each) => each.path.toLowerCase() === path.toLowerCase());
  if (call === '/installation' || request.path.startsWith('/app/')) return answerApp(state, request, owner);
  const right = state.tokens.get(request.authorization.replace(/^Bearer /, ''));
  if (right === undefined) return BAD_CREDENTIALS;
  if (owner === undefined) return NOT_FOUND;
  if (right === 'none') return NO_PERMISSION;
  const answer = answerWorkflows(state, owner, { ...request, path: call });
  if (answer !== undefined) return right === 'write' ? answer : NO_PERMISSION;
  return answerOwner(state, owner, { ...request, path: call });
}

function answerOwner(state: GithubState, owner: RunnerOwner, request: GithubRequest): GithubAnswer {
  const { method, path, url } = request;
  const id = /^\/actions\/runners\/(\d+)$/.exec(path)?.[1];
  const call = `${method} ${id === undefined ? path : '/actions/runners/:id'}`;
  switch (call) {
    case 'GET /actions/runner-groups':
      if (!owner.path.startsWith('orgs/')) return NOT_FOUND;
      return {
        status: 200,
        body: { total_count: owner.groups.length, runner_groups: pageOf(owner.groups, url.searchParams) },
      };
    case 'GET /actions/runners/downloads':
      return { status: 200, body: state.downloads };
    case 'GET /actions/runners':
      return listRunners(owner, url.searchParams);
    case 'DELETE /actions/runners/:id':
      return deleteRunner(owner, Number(id));
    case 'POST /actions/runners/registration-token': {
      const token = issueSecret(state);
      state.registrationTokens.set(token, owner);
      return { status: 201, body: { token, expires_at: new Date(state.now() + 3_600_000).toISOString() } };
    }
    case 'POST /actions/runners/generate-jitconfig':
      return state.hasJitConfigs ? createJitConfig(state, owner, request.body) : NOT_FOUND;
    default:
      return NOT_FOUND;
  }
}

function listRunners(owner: RunnerOwner, query: URLSearchParams): GithubAnswer {
  const name = query.get('name');
  const found = owner.runners.filter((runner) => name === null || runner.name === name);
  return { status: 200, body: { total_count: found.length, runners: pageOf(found, query) } };
}

function pageOf<T>(elements: readonly T[], query: URLSearchParams): readonly T[] {
  const size = Math.min(100, Number(query.get('per_page') ?? 30));
  const page = Number(query.get('page') ?? 1);
  return elements.slice((page - 1) * size, page * size);
}

function deleteRunner(owner: RunnerOwner, id: number): GithubAnswer {
  const at = owner.runners.findIndex((runner) => runner.id === id);
  const runner = owner.runners[at];
  if (runner === undefined) return NOT_FOUND;
  if (runner.busy) return refuse(422, `Bad request - Runner "${runner.name}" is still running a job"`);
  owner.runners.splice(at, 1);
  return { status: 204 };
}

function createJitConfig(
  state: GithubState,
  owner: RunnerOwner,
  { name, labels, runner_group_id: group }: Readonly<Record<string, unknown>>,
): GithubAnswer {
  if (typeof group !== 'number') {
    return refuse(422, 'Invalid input: object is missing required key: runner_group_id.');
  }
  const isList = Array.isArray(labels) && labels.length > 0 && labels.length <= 100;
  if (typeof name !== 'string' || name.length > 64 || !isList) return refuse(422, 'Invalid request.');
  if (owner.groups.every((each) => each.id !== group)) return NOT_FOUND;
  if (owner.runners.some((runner) => runner.name === name)) {
    return refuse(409, `Already exists - A runner with the name ${name} already exists.`);
  }
  const runner = addRunner(owner, name, labels as readonly string[], group);
  const base64 = (content: object): string => Buffer.from(JSON.stringify(content)).toString('base64');
  const settings = base64({ agentName: name, serverUrl: state.serverUrl });
  const encoded = base64({ '.runner': settings, '.credentials': issueSecret(state) });
  state.secrets.push(encoded);
  state.jitConfigs.set(encoded, runner);
  return { status: 201, body: { runner, encoded_jit_config: encoded } };
}

function answerApp(
  state: GithubState,
  { authorization, method, path }: GithubRequest,
  owner: RunnerOwner | undefined,
): GithubAnswer {
  const problem = findJwtProblem(state, authorization.replace(/^Bearer /, ''));
  if (problem !== undefined) return refuse(401, problem);
  if (method === 'GET') return owner === undefined ? NOT_FOUND : { status: 200, body: { id: 7 } };
  if (path !== '/app/installations/7/access_tokens') return NOT_FOUND;
  const token = issueSecret(state, 'ghs_');
  state.tokens.set(token, 'write');
  return { status: 201, body: { token, expires_at: new Date(state.now() + 3_600_000).toISOString() } };
}

/** Verifies a JSON web token as GitHub documents it: signature, issuer, and a life of at most ten minutes. */
function findJwtProblem({ app, now }: GithubState, token: string): string | undefined {
  const [header = '', claims = '', signature = ''] = token.split('.');
  if (app === undefined) return 'Integration not found';
  const isSigned = createVerify('RSA-SHA256')
    .update(`${header}.${claims}`)
    .verify(app.publicKey, signature, 'base64url');
  if (!isSigned) return 'A JSON web token could not be decoded';
  const { iat, exp, iss } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<
    string,
    unknown
  >;
  const seconds = now() / 1000;
  if (iss !== app.id) return 'Integration not found';
  const isTimely = Number(iat) <= seconds && Number(exp) > seconds && Number(exp) <= seconds + 600;
  return isTimely ? undefined : "'Expiration time' claim ('exp') is too far in the future";
}
