import type { CloudAccess } from '../../src/openstack/login/cloud-access.ts';
import type { CloudConnection } from '../../src/openstack/cloud.ts';
import { getCloudAccess, parseCloudsYaml } from '../../src/openstack/login/clouds-yaml.ts';
import { connectTo } from '../support/http-connect.ts';
import type { Emulator } from '../support/openstack/emulator.ts';

/** Connects to the cloud of an entry in the emulator's clouds.yaml; `access` changes the entry. */
export function connectEntry(
  emulator: Pick<Emulator, 'cloudsYaml'>,
  entry: string,
  { access = {}, ...options }: Parameters<typeof connectTo>[1],
): Promise<CloudConnection> {
  const own: CloudAccess = getCloudAccess(parseCloudsYaml(emulator.cloudsYaml(), 'clouds.yaml'), entry);
  return connectTo('', { ...options, access: { ...own, ...access } });
}

/** Returns the text of an entry in the emulator's clouds.yaml. */
export function renderEntry(emulator: Pick<Emulator, 'cloudsYaml'>, entry: string): string {
  const { clouds } = JSON.parse(emulator.cloudsYaml()) as {
    readonly clouds: Readonly<Record<string, object>>;
  };
  return JSON.stringify(clouds[entry]);
}
