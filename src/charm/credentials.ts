import { type InstalledCredentials, holdsSame } from '../builder/credentials.ts';
import { loginByName } from '../model/cloud-login.ts';
import type { OpenstackCloudsConfig } from '../model/clouds-yaml.ts';
import type { DesiredState } from '../model/desired-state.ts';
import type { HostSecrets } from '../model/host-secrets.ts';
import { Secret } from '../model/secret.ts';
import type { ConsumerCloud } from './relations/consumers.ts';
import { BUILD_CLOUD } from './desired.ts';
import type { CharmSettings } from './observed.ts';

/** What stands in the unit's run folder, and whether it is to be written. */
export interface CredentialsDecision {
  readonly clouds: OpenstackCloudsConfig;
  readonly secrets: HostSecrets;
  readonly isWritten: boolean;
}

/**
 * clouds.yaml and secrets.json for what is wanted. Their generation grows only when their content changes or is gone,
 * as after a reboot; it is never lower than the daemon was told.
 */
export function decideCredentials(
  wish: CharmSettings,
  consumers: readonly ConsumerCloud[],
  proxy: HostSecrets['proxy'],
  installed: InstalledCredentials,
  before: DesiredState | undefined,
): CredentialsDecision {
  const clouds = deriveClouds(wish, consumers);
  const secrets = {
    scriptUrl: wish.config.scriptUrl ?? new Secret(''),
    scriptSecrets: wish.scriptSecrets,
    proxy,
  };
  const [told, has] = [before?.credentialsGeneration ?? 0, installed.secrets?.generation ?? 0];
  const isSame = has >= told && holdsSame(installed, { clouds, secrets: { ...secrets, generation: has } });
  const generation = isSame ? has : Math.max(told, has) + 1;
  return { clouds, secrets: { generation, ...secrets }, isWritten: !isSame };
}

/** The build cloud first, then one entry for each consumer unit. */
function deriveClouds(
  { config, password }: CharmSettings,
  consumers: readonly ConsumerCloud[],
): OpenstackCloudsConfig {
  const entries = consumers.map(({ cloudId, credentials }) => [cloudId, credentials] as const);
  const builder = loginByName({ ...config.openstack, password });
  return { clouds: { [BUILD_CLOUD]: builder, ...Object.fromEntries(entries) } };
}
