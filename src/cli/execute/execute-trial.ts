import type { CloudOpener, Context } from '../../image-builder/context.ts';
import { InputError } from '../../model/errors.ts';
import type { OrderOf } from '../../model/job/job-order.ts';
import { encodeTrialResult } from '../../model/program-result.ts';
import { parseTrialWorkflow } from '../../model/job/trial.ts';
import type { CloudsYaml } from '../../openstack/login/clouds-yaml.ts';
import { GithubClient, type GithubOptions } from '../../runner/github/github-client.ts';
import { parseGithubPath } from '../../runner/github/github-path.ts';
import { createInstanceConfig } from '../../runner/instance-config.ts';
import { tryImage } from '../../runner/try-image.ts';
import type { Outcome } from './outcome.ts';
import type { JobSecrets } from '../request.ts';

/** The clouds and the login of a trial. `onSecret` learns what no output may contain. */
interface TrialTools extends Pick<JobSecrets, 'github'>, Pick<GithubOptions, 'onSecret'> {
  readonly cloudConfig: CloudsYaml;
  readonly context: Context & CloudOpener;
}

/** Tries an image as a runner in the build cloud. */
export async function executeTrial(
  { buildCloud, flavor, network, floatingNetwork, sshCidrs, trial }: OrderOf<'trial'>,
  { github: auth, onSecret, cloudConfig, context }: TrialTools,
): Promise<Outcome> {
  if (auth === undefined) throw new InputError(['secrets.json: expected a login at GitHub, got none']);
  const { clock, signal, timeouts, owner, downloads: http } = context;
  const { githubApiUrl: apiUrl, imageId: id, imageName: name, timeout } = trial;
  const path = parseGithubPath(trial.githubPath, trial.githubGroup);
  const apiTimeoutMs = timeouts.apiTimeout * 1000;
  const github = new GithubClient({ http, apiUrl, clock, apiTimeoutMs, auth, onSecret }, signal);
  const only = { ...cloudConfig, clouds: new Map([[buildCloud, cloudConfig.clouds.get(buildCloud)]]) };
  const config = await createInstanceConfig(owner.unit, { id, name }, path, github);
  // The launch lives as long as the trial, so a sweep need not wait for a time: it deletes what a dead trial left.
  const placement = { flavor, network, floatingNetwork, sshCidrs, lifetime: 0 };
  const workflow = parseTrialWorkflow(trial.workflow);
  await tryImage(only, { config, workflow, timeout }, { ...context, github, placement });
  return { encode: (log) => encodeTrialResult({ cloud: buildCloud }, log), text: `${config.name}\n` };
}
