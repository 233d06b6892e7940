import type { CloudLogin } from '../../model/cloud/cloud-login.ts';
import { isHttpUrl, normaliseAuthUrl } from './consumers.ts';

/** The regions that the operator assigned to consumers' clouds, by normalised auth URL. */
export type ConsumerRegions = ReadonlyMap<string, string>;

/** Parses the option `consumer-regions`: `<auth_url>=<region>` pairs, separated by commas. */
export function parseConsumerRegions(
  text: string,
  addProblem: (expected: string, got: string) => void,
): ConsumerRegions {
  const regions = new Map<string, string>();
  const pairs = text.split(',').map((pair) => pair.trim());
  for (const pair of pairs.filter((each) => each !== '')) {
    const split = pair.lastIndexOf('='); // a region has no equals sign, but a URL may have one
    const [url, region] = [pair.slice(0, Math.max(split, 0)).trim(), pair.slice(split + 1).trim()];
    if (region === '' || !isHttpUrl(url)) addProblem('<auth_url>=<region> pairs', pair);
    else if (regions.has(normaliseAuthUrl(url))) addProblem('each auth URL once', `${url} twice`);
    else regions.set(normaliseAuthUrl(url), region);
  }
  return regions;
}

/** The settings that decide the region of a consumer. */
interface RegionSettings {
  readonly consumerRegions: ConsumerRegions;
  readonly openstack: { readonly authUrl: string; readonly region: string };
}

/**
 * Returns the login with the region that its consumer did not send: the region that the operator assigned to its Keystone,
 * or the build region when it is the build cloud's Keystone. Without either, the job that uses the login takes the only
 * region of the catalogue.
 */
export function withRegion<L extends CloudLogin>(
  login: L,
  { consumerRegions, openstack }: RegionSettings,
): L {
  if (login.region !== undefined) return login;
  const keystone = normaliseAuthUrl(login.authUrl);
  const assigned = consumerRegions.get(keystone);
  const inherited = keystone === normaliseAuthUrl(openstack.authUrl) ? openstack.region : '';
  const region = assigned ?? inherited;
  return region === '' ? login : { ...login, region };
}
