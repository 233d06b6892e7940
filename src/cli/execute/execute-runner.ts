import type { CloudOpener, Context, RunSettings } from '../../image-builder/context.ts';
import type { FetchContext } from '../../image-builder/fetch-text.ts';
import { runSteps } from '../../image-builder/steps.ts';
import {
  encodeDeletedRunner,
  encodeLaunchedRunner,
  encodeRunners,
} from '../../model/result/program-result-runner.ts';
import { encodeSweepResult } from '../../model/program-result.ts';
import type { Secret } from '../../model/secret.ts';
import type { Cloud } from '../../openstack/cloud.ts';
import type { CloudsYaml } from '../../openstack/login/clouds-yaml.ts';
import { chooseImage } from '../../runner/choose-image.ts';
import { type LaunchContext, createInstance } from '../../runner/create-instance.ts';
import { deleteInstance } from '../../runner/delete-instance.ts';
import { getFirstAccess } from '../../runner/first-access.ts';
import { GithubClient } from '../../runner/github/github-client.ts';
import { renderGithubPath } from '../../runner/github/github-path.ts';
import { createInstanceConfig } from '../../runner/instance-config.ts';
import type { CloudConfigContext } from '../../runner/openstack-manager.ts';
import { type RunnerInstance, listInstances } from '../../runner/list-instances.ts';
import { sweepRunners } from '../../runner/sweep-runners.ts';
import type { Outcome } from './outcome.ts';
import type { GithubAccess, LaunchTask, RunnerRequest } from '../request.ts';

/** Everything that a command for runners uses. `hideSecret` learns what no output may contain. */
interface RunnerTools {
  readonly cloudConfig: CloudsYaml;
  readonly context: Context & CloudOpener;
  readonly hideSecret: (secret: Secret) => void;
}

/** Returns the client of a command's GitHub. */
export function openGithub(
  { apiUrl, auth }: GithubAccess,
  { downloads: http, clock, timeouts, signal }: FetchContext,
  onSecret: RunnerTools['hideSecret'],
): GithubClient {
  return new GithubClient(
    { http, apiUrl, clock, apiTimeoutMs: timeouts.apiTimeout * 1000, auth, onSecret },
    signal,
  );
}

/** Runs one of the commands `runner …`. */
export async function executeRunner(
  { task, github: access }: Pick<RunnerRequest, 'task' | 'github'>,
  { cloudConfig, context, hideSecret }: RunnerTools,
): Promise<Outcome> {
  const { path } = access;
  const github = openGithub(access, context, hideSecret);
  const cloudName = [...cloudConfig.clouds.keys()][0] ?? '';
  if (task.action === 'launch') return launch(task, { path, github, cloudConfig, cloudName }, context);
  const cloud = await openFirst(cloudConfig, context);
  const githubPath = renderGithubPath(path);
  if (task.action === 'list') {
    const runners = await listInstances(cloud, path, github, context);
    return {
      encode: (log) => encodeRunners({ cloud: cloudName, githubPath, runners }, log),
      text: runners.map(renderLine).join(''),
    };
  }
  if (task.action === 'sweep') {
    const swept = await runSteps(context, (step) =>
      step('sweep leftovers', () => sweepRunners(cloud, path, github, context)),
    );
    return {
      encode: (log) => encodeSweepResult({ cloud: cloudName }, log),
      text: swept.map((resource) => `${resource}\n`).join(''),
    };
  }
  const { name } = task;
  const deleted = await deleteInstance(cloud, { path, name }, github, context);
  return {
    encode: (log) => encodeDeletedRunner({ cloud: cloudName, githubPath, runner: name, ...deleted }, log),
    text: `${name}\n`,
  };
}

type LaunchTools = Omit<LaunchContext, 'github' | 'placement'> & Pick<RunSettings, 'ownerFilter'>;

/** The cloud and the GitHub of a launch. */
interface LaunchTarget {
  readonly path: RunnerRequest['github']['path'];
  readonly github: GithubClient;
  readonly cloudConfig: CloudsYaml;
  readonly cloudName: string;
}

async function launch(
  task: LaunchTask,
  { path, github, cloudConfig, cloudName }: LaunchTarget,
  context: LaunchTools,
): Promise<Outcome> {
  // A login at GitHub that is refused must not leave an uploaded image.
  if (task.imageFile !== '') await github.createRegistrationToken(path);
  const image = await chooseImage(cloudConfig, task, context);
  const { application, unit } = context.owner;
  const config = await createInstanceConfig(unit === '' ? `${application}/0` : unit, image, path, github);
  const labels = [...new Set([...config.labels, ...task.labels])];
  const { sshPort } = task;
  const server = await createInstance(
    cloudConfig,
    { ...config, labels },
    { ...context, sshPort, github, placement: task },
  );
  const answer = { cloud: cloudName, githubPath: renderGithubPath(path), runner: config.name, labels };
  return {
    encode: (log) => encodeLaunchedRunner({ ...answer, addresses: server.addresses }, log),
    text: `${config.name} ${server.id}\n`,
  };
}

async function openFirst(cloudConfig: CloudsYaml, context: CloudConfigContext): Promise<Cloud> {
  const connection = await context.openCloud(getFirstAccess(cloudConfig, context));
  return connection.withSignal(context.signal);
}

function renderLine({ name, serverId, serverStatus, runnerStatus }: RunnerInstance): string {
  return `${name} ${serverId ?? '-'} ${serverStatus ?? 'no server'} ${runnerStatus ?? 'not registered'}\n`;
}
