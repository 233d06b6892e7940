import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type GithubState, type RunnerOwner, addRunner, connectRunner, issueSecret } from './github-state.ts';
import { type GithubAnswer, answerGithub } from './routes.ts';
import { answerRunner } from './runner-service.ts';
import { advanceJobs } from './workflows.ts';

/** A fault of one call: a response instead of GitHub's, a lost response, none, or another client that takes the name first. */
type GithubFault = GithubAnswer | 'lost answer' | 'reset' | 'name taken';

/** GitHub's REST API for self-hosted runners, with the organisation octo-org and its repository hello. */
export interface GithubEmulator {
  readonly state: GithubState;
  /** The root of the API, as a GitHub Enterprise Server has it. */
  readonly apiUrl: string;
  /** A personal access token that may manage the runners. */
  readonly token: string;
  readonly org: RunnerOwner;
  readonly repo: RunnerOwner;
  /** The requests so far, as method and path. */
  readonly requests: readonly string[];
  /** Answers the next `times` calls that begin with `METHOD /path` with a fault. */
  disturb(call: string, fault: GithubFault, times?: number): void;
  /** Connects a runner with its just-in-time config, which works once. Returns false when the config is not valid. */
  connect(jitConfig: string): boolean;
  /** Registers and connects a runner with a registration token. Returns false when the token is not valid. */
  register(token: string, name: string, labels: readonly string[]): boolean;
  /** The names of all registered runners. */
  names(): readonly string[];
  close(): Promise<void>;
}

const ROOT = '/api/v3';
const DEFAULT_GROUP = { id: 1, name: 'Default', default: true };

function createState(now: () => number): GithubState {
  return {
    ...{ serverUrl: '', leaks: [] },
    owners: [
      {
        path: 'orgs/octo-org',
        runners: [],
        groups: [DEFAULT_GROUP, { id: 9, name: 'trial', default: false }],
      },
      { path: 'repos/octo-org/hello', runners: [], groups: [DEFAULT_GROUP] },
    ],
    downloads: [],
    tokens: new Map(),
    jitConfigs: new Map(),
    registrationTokens: new Map(),
    app: undefined,
    workflows: [],
    hasJitConfigs: true,
    now,
    secrets: [],
  };
}

/** Starts the emulator. Guests reach it when `host` is an address of their network. */
export async function startGithub(now: () => number = Date.now, host = '127.0.0.1'): Promise<GithubEmulator> {
  const state = createState(now);
  const [org, repo] = state.owners;
  const faults: { call: string; fault: GithubFault; times: number }[] = [];
  const requests: string[] = [];
  const server = createServer((request, response) => void serve(request, response));
  const takeFault = (call: string): GithubFault | undefined => {
    const found = faults.find((each) => each.times > 0 && call.startsWith(each.call));
    if (found !== undefined) found.times -= 1;
    return found?.fault;
  };
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://github');
    const method = request.method ?? '';
    const path = url.pathname.slice(ROOT.length);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    requests.push(`${method} ${path}`);
    advanceJobs(state);
    if (url.pathname.startsWith('/runner/')) {
      const { status, text: answer } = answerRunner(state, url, text);
      response.writeHead(status).end(answer);
      return;
    }
    const fault = takeFault(`${method} ${path}`);
    if (fault === 'reset') return void request.socket.destroy();
    const body = JSON.parse(text === '' ? '{}' : text) as Readonly<Record<string, unknown>>;
    const authorization = request.headers.authorization ?? '';
    const own = (): GithubAnswer => answerGithub(state, { method, url, path, authorization, body });
    if (fault === 'name taken' && org !== undefined) addRunner(org, String(body['name']), ['other']);
    const answer = typeof fault === 'object' ? fault : own();
    if (fault === 'lost answer') return void request.socket.destroy();
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    response.end(answer.body === undefined ? '' : JSON.stringify(answer.body));
  }
  server.listen(0, host);
  await once(server, 'listening');
  state.serverUrl = `http://${host}:${(server.address() as AddressInfo).port}`;
  if (org === undefined || repo === undefined) throw new Error('expected two owners');
  const token = issueSecret(state, 'github_pat_');
  state.tokens.set(token, 'write');
  return {
    ...{ state, org, repo, token, requests },
    apiUrl: `${state.serverUrl}${ROOT}`,
    disturb: (call, fault, times = 1) => void faults.push({ call, fault, times }),
    connect: (jitConfig) => connectRunner(state, jitConfig) !== undefined,
    register: (given, name, labels) => {
      const owner = state.registrationTokens.get(given);
      if (owner === undefined || owner.runners.some((runner) => runner.name === name)) return false;
      addRunner(owner, name, labels).status = 'online';
      return true;
    },
    names: () => state.owners.flatMap(({ runners }) => runners.map(({ name }) => name)),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
