import type { Recorder } from '../image-builder/context.ts';
import { CloudsYAMLError } from '../model/errors.ts';
import type { CloudAccess } from '../openstack/login/cloud-access.ts';
import { type CloudsYaml, getCloudAccess } from '../openstack/login/clouds-yaml.ts';

/** Returns the access to the first cloud of a clouds.yaml. Warns when there are others, because none was chosen. */
export function getFirstAccess(cloudConfig: CloudsYaml, { warn }: Pick<Recorder, 'warn'>): CloudAccess {
  const [first, ...others] = cloudConfig.clouds.keys();
  if (first === undefined)
    throw new CloudsYAMLError([`${cloudConfig.path}: clouds: expected a cloud, got none`]);
  if (others.length > 0) {
    warn(
      `${cloudConfig.path}: uses cloud ${first} of ${others.length + 1}; set --os-cloud to choose another`,
    );
  }
  return getCloudAccess(cloudConfig, first);
}
