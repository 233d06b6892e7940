import { START_JIT_COMMAND, WATCH_RUNNER_COMMAND, renderStartWithToken } from '../guest/runner-start.ts';
import {
  type CommandLimits,
  type Guest,
  describeResult,
  runInGuest,
} from '../image-builder/build/guest/guest-session.ts';
import type { Deadlines, Recorder } from '../image-builder/context.ts';
import { InputError, InstanceLaunchError } from '../model/errors.ts';
import { timeoutOption } from '../model/job/timeouts.ts';
import { waitFor } from '../system/wait.ts';
import type { GithubClient, RegisteredRunner } from './github/github-client.ts';
import { renderGithubPath } from './github/github-path.ts';
import type { InstanceConfig } from './instance-config.ts';

type RunnerGuest = Pick<Guest, 'session'>;
type RegisterContext = CommandLimits & { readonly github: GithubClient };

/** GitHub allows thousands of calls in an hour. */
const POLL_MS = 5000;

/** Throws InputError when a runner of this name is registered already. */
export async function requireFreeName(
  github: GithubClient,
  { name, githubPath }: Pick<InstanceConfig, 'name' | 'githubPath'>,
): Promise<void> {
  if ((await github.findRunner(githubPath, name)) === undefined) return;
  const where = renderGithubPath(githubPath);
  throw new InputError([
    `runner ${name} of ${where} exists already; delete it with \`runner delete\`, or try again`,
  ]);
}

/**
 * Registers the runner and starts it in the guest. The secret of the registration goes over stdin: a just-in-time config,
 * or the registration token where the server is too old.
 */
export async function registerRunner(
  guest: RunnerGuest,
  config: InstanceConfig,
  context: RegisterContext & Pick<Recorder, 'warn'>,
): Promise<void> {
  const { github } = context;
  const { githubPath: path, name, labels, registrationToken } = config;
  const jitConfig = await github.createJitConfig(path, config);
  if (jitConfig === undefined) {
    context.warn(`GitHub at ${github.apiUrl} has no just-in-time configs; registering ${name} with a token`);
  }
  const group = 'org' in path ? path.group : '';
  const command =
    jitConfig === undefined
      ? renderStartWithToken({ url: github.webUrl(path), name, labels, group })
      : START_JIT_COMMAND;
  const stdin = `${(jitConfig ?? registrationToken).reveal()}\n`;
  const result = await runInGuest(guest, { command, stdin }, context);
  if (result.exitCode === 0) return;
  throw new InstanceLaunchError(`runner ${name} could not be started: ${describeResult(result)}`);
}

/** Waits until the runner is online at GitHub. Throws InstanceLaunchError with its last lines when its process ends. */
export async function waitUntilOnline(
  guest: RunnerGuest,
  { name, githubPath }: Pick<InstanceConfig, 'name' | 'githubPath'>,
  context: RegisterContext & Pick<Deadlines, 'clock'>,
): Promise<RegisteredRunner> {
  const { github, timeouts, clock, signal, onWait } = context;
  let seen = 'not registered';
  const probe = async (): Promise<RegisteredRunner | undefined> => {
    const runner = await github.findRunner(githubPath, name);
    seen = runner?.status ?? 'not registered';
    if (runner?.status === 'online') return runner;
    const watched = await runInGuest(
      guest,
      { command: WATCH_RUNNER_COMMAND },
      { ...context, onWait: undefined },
    );
    if (watched.exitCode === 0) return undefined;
    throw new InstanceLaunchError(`runner ${name} ended before it was online: ${describeResult(watched)}`);
  };
  return waitFor(probe, {
    what: `runner ${name} to be online in ${renderGithubPath(githubPath)}`,
    timeoutMs: timeouts.onlineTimeout * 1000,
    intervalMs: POLL_MS,
    option: timeoutOption('onlineTimeout'),
    clock,
    signal,
    onWait,
    lastSeen: () => seen,
  });
}
