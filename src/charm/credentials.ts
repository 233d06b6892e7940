import { holdsSame } from '../builder/credentials.ts';
import { type CloudLogin, loginByName } from '../model/cloud/cloud-login.ts';
import type { OpenstackCloudsConfig } from '../model/clouds-yaml.ts';
import type { HostSecrets } from '../model/job/host-secrets.ts';
import { Secret } from '../model/secret.ts';
import { withRegion } from './relations/consumer-regions.ts';
import type { ConsumerCloud } from './relations/consumers.ts';
import { BUILD_CLOUD } from './desired.ts';
import type { CharmConfig } from './options/config.ts';
import type { CharmSettings, Observed } from './observed.ts';
import type { BuildCredential } from './secrets.ts';

/** The content of the unit's run folder. */
export interface CredentialsDecision {
  readonly clouds: OpenstackCloudsConfig;
  readonly secrets: HostSecrets;
  /** False when the run folder already has this content. */
  readonly shouldWrite: boolean;
}

/**
 * Decides the content of clouds.yaml and secrets.json. Their generation grows only when the content changes or is
 * missing, as after a reboot, and never falls below the generation in desired.json.
 */
export function decideCredentials(
  settings: CharmSettings,
  consumers: readonly ConsumerCloud[],
  { proxy, installed, desired }: Pick<Observed, 'proxy' | 'installed' | 'desired'>,
): CredentialsDecision {
  const clouds = deriveClouds(settings, consumers);
  const secrets = {
    scriptUrl: settings.config.scriptUrl ?? new Secret(''),
    scriptSecrets: settings.scriptSecrets,
    proxy,
    openstackCa: settings.config.openstackCa,
    github: settings.github,
  };
  const required = desired?.credentialsGeneration ?? 0;
  const current = installed.secrets?.generation ?? 0;
  const isSame =
    current >= required && holdsSame(installed, { clouds, secrets: { ...secrets, generation: current } });
  const generation = isSame ? current : Math.max(required, current) + 1;
  return { clouds, secrets: { generation, ...secrets }, shouldWrite: !isSame };
}

/** Returns an entry for the build cloud, then one for each consumer unit, with the region to use. */
function deriveClouds(
  { config, credential }: CharmSettings,
  consumers: readonly ConsumerCloud[],
): OpenstackCloudsConfig {
  const { authUrl } = config.openstack;
  const allowedAddresses = { cidrs: config.consumerLocalCidrs, hosts: [new URL(authUrl).hostname] };
  const entries = consumers.map(
    ({ cloudId, credentials }) =>
      [cloudId, { ...withRegion(credentials, config), allowedAddresses }] as const,
  );
  const builder = deriveBuilder(config, credential);
  return { clouds: { [BUILD_CLOUD]: builder, ...Object.fromEntries(entries) } };
}

function deriveBuilder({ openstack }: CharmConfig, credential: BuildCredential): CloudLogin {
  if (credential.method === 'password') return loginByName({ ...openstack, ...credential });
  const { authUrl, region } = openstack;
  return { authUrl, auth: credential, region: region === '' ? undefined : region };
}
