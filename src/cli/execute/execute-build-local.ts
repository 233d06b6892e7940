import type { CloudOpener, Context } from '../../image-builder/context.ts';
import { encodeLocalBuild } from '../../model/result/program-result-runner.ts';
import type { CloudsYaml } from '../../openstack/login/clouds-yaml.ts';
import type { GithubClient } from '../../runner/github/github-client.ts';
import { buildImage } from '../../runner/local/build-image.ts';
import type { Outcome } from './outcome.ts';
import type { LocalBuildCommand } from '../request.ts';

/** Everything that a local build uses in addition to its request. */
interface LocalTools {
  readonly cloudConfig: CloudsYaml;
  readonly githubClient: GithubClient;
  readonly context: Context & CloudOpener;
}

/** Builds an image on this host. */
export async function executeBuildLocal(
  { arch, proxy: proxies, host, settings, github: { path } }: LocalBuildCommand,
  { cloudConfig, githubClient, context }: LocalTools,
): Promise<Outcome> {
  const request = { arch, cloudConfig, githubClient, path, proxies };
  const image = await buildImage(request, { ...context, host, settings });
  const [cloud = ''] = cloudConfig.clouds.keys();
  const answer = { imageName: image.name, cloud, arch, base: settings.base };
  return { encode: (log) => encodeLocalBuild(answer, log), text: `${image.id}\n` };
}
