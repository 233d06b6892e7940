import { removeBuilderAddress } from '../image-builder/build/builder-address.ts';
import { removeServers } from '../image-builder/build/remove-server.ts';
import { runSteps } from '../image-builder/steps.ts';
import type { Waiting } from '../image-builder/wait-on.ts';
import type { Clock } from '../model/clock.ts';
import { DeadlineError, InstanceLaunchError } from '../model/errors.ts';
import type { TrialFacts } from '../model/result/program-result-trial.ts';
import { timeoutOption } from '../model/job/timeouts.ts';
import type { TrialWorkflow } from '../model/job/trial.ts';
import type { Cloud } from '../openstack/cloud.ts';
import type { CloudsYaml } from '../openstack/login/clouds-yaml.ts';
import { waitFor } from '../system/wait.ts';
import { type LaunchContext, createInstance } from './create-instance.ts';
import { getFirstAccess } from './first-access.ts';
import { type GithubClient, isStatus } from './github/github-client.ts';
import { renderGithubPath } from './github/github-path.ts';
import type { InstanceConfig } from './instance-config.ts';
import { type TrialJob, cancelTrialJob, dispatchWorkflow, findTrialJob, readTrialJob } from './trial-job.ts';

/** A trial of an image. */
export interface ImageTrial {
  /** The runner to launch. Its only label is its name, so that it takes no other job. */
  readonly config: InstanceConfig;
  /** Undefined: the trial ends when the runner is idle. */
  readonly workflow: TrialWorkflow | undefined;
  /** In seconds; the clean-up is not part of it. */
  readonly timeout: number;
}

const POLL_MS = 5000;
const LIMIT = 'timeout-minutes';

/**
 * Launches a runner on an image, waits until it is idle, and lets it run the job of a workflow. Removes runner and server
 * at the end, whether the trial succeeded, failed or was stopped. Records the measurements as they are made. Throws
 * StepFailedError.
 */
export async function tryImage(
  cloudConfig: CloudsYaml,
  { config, workflow, timeout }: ImageTrial,
  context: LaunchContext,
): Promise<void> {
  const { clock, signal, github } = context;
  const startedAt = clock.now();
  const connection = await context.openCloud(getFirstAccess(cloudConfig, context));
  const undoCloud = connection.withSignal();
  const limit = startLimit(timeout, clock);
  const limited = AbortSignal.any([signal, limit.signal]);
  try {
    const labels = [config.name];
    const server = await createInstance(cloudConfig, { ...config, labels }, { ...context, signal: limited });
    const elapsed = (): number => toSeconds(clock.now() - startedAt);
    let facts: TrialFacts = { ...NO_FACTS, runner: config.name, onlineSeconds: elapsed() };
    const record = (more: Partial<TrialFacts>): void => {
      facts = { ...facts, ...more };
      context.record({ trial: facts });
    };
    record({});
    // The undos are registered even if the time is over now, so no step is refused because of the signal.
    await runSteps({ ...context, signal: new AbortController().signal }, async (step) => {
      await step(
        'wait for idle runner',
        (watch) => waitUntilIdle(config, { ...context, ...watch, signal: limited }),
        {
          cleanUp: (_, watch) =>
            removeTrial(undoCloud, { config, serverId: server.id }, { ...context, ...watch }),
        },
      );
      record({ idleSeconds: elapsed() });
      if (workflow === undefined) return;
      const search = { label: config.name, since: clock.now() };
      let last: TrialJob | undefined;
      const undoGithub = github.withSignal();
      await step(
        'dispatch workflow',
        () => dispatchWorkflow(workflow, config.name, github.withSignal(limited)),
        { rollBack: () => cancelJob(last, { workflow, search }, undoGithub) },
      );
      const job = await step('wait for trial job', ({ onWait }) =>
        waitFor(
          async () => {
            const client = github.withSignal(signal);
            last =
              last === undefined
                ? await findTrialJob(workflow, search, client)
                : await readTrialJob(workflow, last, client);
            return last?.status === 'completed' ? last : undefined;
          },
          {
            what: `the job for the label ${config.name} to be completed`,
            timeoutMs: Math.max(1, startedAt + timeout * 1000 - clock.now()),
            intervalMs: POLL_MS,
            option: LIMIT,
            ...{ clock, signal, onWait, lastSeen: () => last?.status ?? 'no such job' },
          },
        ),
      );
      record(describeJob(job));
      await step('check trial job', () => checkJob(job));
    });
  } finally {
    limit.stop();
  }
}

const NO_FACTS = {
  idleSeconds: undefined,
  jobId: undefined,
  jobUrl: undefined,
  jobConclusion: undefined,
  jobSeconds: undefined,
};

/** Returns a signal that aborts with a DeadlineError after so many seconds, unless it is stopped. */
function startLimit(
  timeout: number,
  clock: Clock,
): { readonly signal: AbortSignal; readonly stop: () => void } {
  const limit = new AbortController();
  const timer = new AbortController();
  const message = `the trial did not end within ${timeout / 60} min; ${LIMIT} sets the limit`;
  clock.sleep(timeout * 1000, timer.signal).then(
    () => {
      limit.abort(new DeadlineError(message));
    },
    () => undefined, // stopped
  );
  return {
    signal: limit.signal,
    stop: () => {
      timer.abort();
    },
  };
}

function waitUntilIdle(
  { name, githubPath }: Pick<InstanceConfig, 'name' | 'githubPath'>,
  { github, timeouts, clock, signal, onWait }: Pick<LaunchContext, 'github' | 'clock' | 'signal'> & Waiting,
): Promise<true> {
  const client = github.withSignal(signal);
  let seen = 'not registered';
  const probe = async (): Promise<true | undefined> => {
    const runner = await client.findRunner(githubPath, name);
    seen = runner === undefined ? 'not registered' : runner.busy ? 'busy' : runner.status;
    return runner?.status === 'online' && !runner.busy ? true : undefined;
  };
  return waitFor(probe, {
    what: `runner ${name} to be idle in ${renderGithubPath(githubPath)}`,
    timeoutMs: timeouts.onlineTimeout * 1000,
    intervalMs: POLL_MS,
    option: timeoutOption('onlineTimeout'),
    ...{ clock, signal, onWait, lastSeen: () => seen },
  });
}

/** Cancels the run that was dispatched, so that its job waits for no runner that is gone. */
async function cancelJob(
  last: TrialJob | undefined,
  { workflow, search }: { workflow: TrialWorkflow; search: Parameters<typeof findTrialJob>[1] },
  github: GithubClient,
): Promise<void> {
  const job = last ?? (await findTrialJob(workflow, search, github));
  if (job !== undefined && job.status !== 'completed') await cancelTrialJob(workflow, job, github);
}

/**
 * Removes the registration, then the server. GitHub refuses to remove a runner that runs a job; then the server is deleted
 * first, which ends the job.
 */
async function removeTrial(
  cloud: Cloud,
  { config: { name, githubPath }, serverId }: { readonly config: InstanceConfig; readonly serverId: string },
  context: Pick<LaunchContext, 'github' | 'timeouts' | 'clock' | 'owner' | 'process'>,
): Promise<void> {
  const github = context.github.withSignal();
  const remove = async (): Promise<true | undefined> => {
    try {
      await github.removeRunner(githubPath, name);
      return true;
    } catch (error) {
      if (isStatus(error, 422)) return undefined;
      throw error;
    }
  };
  const removed = await remove().catch(() => undefined); // tried again below
  await removeServers(cloud, name, serverId, context);
  await removeBuilderAddress(cloud, undefined, context);
  if (removed === true) return;
  await waitFor(remove, {
    what: `runner ${name} of ${renderGithubPath(githubPath)} to be removed`,
    timeoutMs: context.timeouts.deleteTimeout * 1000,
    intervalMs: POLL_MS,
    option: timeoutOption('deleteTimeout'),
    clock: context.clock,
  });
}

function describeJob(job: TrialJob): Partial<TrialFacts> {
  const seconds = toSeconds(Date.parse(job.completed_at) - Date.parse(job.started_at));
  return {
    ...{ jobId: job.id, jobUrl: job.html_url || undefined, jobConclusion: job.conclusion || undefined },
    jobSeconds: Number.isNaN(seconds) ? undefined : seconds,
  };
}

function checkJob({ conclusion, html_url: url }: TrialJob): Promise<void> {
  if (conclusion === 'success') return Promise.resolve();
  const message = `the trial job ended with ${conclusion || 'no conclusion'}; see its log at ${url}`;
  return Promise.reject(new InstanceLaunchError(message));
}

function toSeconds(milliseconds: number): number {
  return Math.round(milliseconds / 100) / 10;
}
