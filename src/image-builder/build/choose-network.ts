import { NetworkNotFoundError } from '../../model/errors.ts';
import { getByNameOrId, listNames } from '../../openstack/get-by-name-or-id.ts';
import type { Network } from '../../openstack/networks.ts';

/**
 * Returns the network named `wanted`. When `wanted` is empty, returns the only network that is not external and has a
 * subnet. Throws NetworkNotFoundError when no network or more than one qualifies.
 */
export function chooseNetwork(networks: readonly Network[], wanted: string): Network {
  const candidates = networks.filter((network) => !network['router:external'] && network.subnets.length > 0);
  const names = listNames(candidates.map((network) => network.name || network.id));
  if (wanted !== '') {
    return getByNameOrId(networks, wanted, '--network', () => {
      return new NetworkNotFoundError([`--network: expected one of ${names}, got ${wanted}`]);
    });
  }
  const [only, ...others] = candidates;
  if (only === undefined) {
    throw new NetworkNotFoundError([
      'expected a network with a subnet in the project, found none; create one',
    ]);
  }
  if (others.length === 0) return only;
  throw new NetworkNotFoundError([`--network: expected one of ${names}, got nothing`]);
}
