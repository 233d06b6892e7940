import { randomBytes, randomUUID } from 'node:crypto';

/** A registered runner as GitHub shows it. */
export interface RunnerRecord {
  readonly id: number;
  readonly name: string;
  readonly os: string;
  status: 'online' | 'offline';
  busy: boolean;
  readonly labels: readonly { readonly id: number; readonly name: string; readonly type: string }[];
  readonly runner_group_id: number;
}

/** A repository or organisation with its runners. */
export interface RunnerOwner {
  /** `orgs/octo-org` or `repos/octo-org/octo-repo`. */
  readonly path: string;
  readonly runners: RunnerRecord[];
  /** The groups of an organisation, the default one first. */
  readonly groups: { readonly id: number; readonly name: string; readonly default: boolean }[];
}

/** A file of the runner as GitHub offers it. */
export interface DownloadRecord {
  readonly os: string;
  readonly architecture: string;
  readonly download_url: string;
  readonly filename: string;
  readonly sha256_checksum?: string;
}

/** A run of a workflow with its only job, as GitHub shows it. */
export interface RunRecord {
  readonly id: number;
  readonly jobId: number;
  readonly createdAt: number;
  readonly label: string;
  status: 'queued' | 'in_progress' | 'completed';
  conclusion: 'success' | 'failure' | 'cancelled' | null;
  startedAt: number | null;
  completedAt: number | null;
  isCancelled: boolean;
  /** The number of requests since the job began. */
  age: number;
  runner: RunnerRecord | undefined;
}

/** A workflow with the trigger `workflow_dispatch` on the branch `main`. */
export interface WorkflowRecord {
  /** `repos/octo-org/hello` */
  readonly path: string;
  readonly file: string;
  /** The names of its inputs. */
  readonly inputs: readonly string[];
  /** The end of its job; `hangs` until it is cancelled. A script is run by the stand-in runner of a guest. */
  ends: 'success' | 'failure' | 'hangs' | { readonly script: string };
  /** The newest first. */
  readonly runs: RunRecord[];
}

/** Everything that GitHub knows. */
export interface GithubState {
  /** The URL of this GitHub, which runners learn from their configs. */
  serverUrl: string;
  /** The places of a copy of its config when each stand-in runner started in a guest: `none`, `argument` or `file`. */
  readonly leaks: string[];
  readonly owners: readonly RunnerOwner[];
  /** The files of the runner, one for each platform. */
  readonly downloads: DownloadRecord[];
  /** The tokens that may see the owners: with all permissions, only that to manage runners, or none. */
  readonly tokens: Map<string, 'write' | 'runners' | 'none'>;
  /** The just-in-time configs that no runner has used, and the runners that they are for. */
  readonly jitConfigs: Map<string, RunnerRecord>;
  /** The registration tokens and the owners that they are for. */
  readonly registrationTokens: Map<string, RunnerOwner>;
  /** The App that is installed for all owners: its id and its public key in PEM. */
  app: { readonly id: string; readonly publicKey: string } | undefined;
  /** False for a GitHub Enterprise Server that is too old for just-in-time configs. */
  hasJitConfigs: boolean;
  /** The workflows of repositories, and their runs. */
  readonly workflows: WorkflowRecord[];
  readonly now: () => number;
  /** All secrets that were issued. */
  readonly secrets: string[];
}

let lastId = 40;

/** Adds a runner. Every runner has the labels of its system before the custom ones. */
export function addRunner(
  owner: RunnerOwner,
  name: string,
  labels: readonly string[],
  group = 1,
): RunnerRecord {
  const runner: RunnerRecord = {
    id: ++lastId,
    name,
    os: 'linux',
    status: 'offline',
    busy: false,
    labels: labels.map((label, index) => ({ id: index + 1, name: label, type: 'custom' })),
    runner_group_id: group,
  };
  owner.runners.push(runner);
  return runner;
}

/** Sets the runner of a just-in-time config online, which works once. */
export function connectRunner({ jitConfigs }: GithubState, jitConfig: string): RunnerRecord | undefined {
  const runner = jitConfigs.get(jitConfig);
  jitConfigs.delete(jitConfig);
  if (runner !== undefined) runner.status = 'online';
  return runner;
}

/** Issues a secret with this beginning. */
export function issueSecret(state: GithubState, prefix = ''): string {
  const secret = `${prefix}${randomBytes(24).toString('base64url')}MARKED${randomUUID()}`;
  state.secrets.push(secret);
  return secret;
}
