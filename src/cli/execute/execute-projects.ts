import { encodeProjectsResult } from '../../model/result/program-result-runner.ts';
import type { CloudsYaml } from '../../openstack/login/clouds-yaml.ts';
import { type CloudConfigContext, listProjects } from '../../runner/openstack-manager.ts';
import type { Outcome } from './outcome.ts';

/** Lists the projects of the first cloud of `cloudConfig`. */
export async function executeProjects(
  cloudConfig: CloudsYaml,
  context: CloudConfigContext,
): Promise<Outcome> {
  const projects = await listProjects(cloudConfig, context);
  const [cloud = ''] = cloudConfig.clouds.keys();
  return {
    encode: (log) => encodeProjectsResult({ cloud, projects }, log),
    text: projects.map(({ id, name }) => `${id} ${name}\n`).join(''),
  };
}
