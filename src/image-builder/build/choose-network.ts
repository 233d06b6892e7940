import { NetworkNotFoundError } from '../../model/errors.ts';
import { getByNameOrId } from '../../openstack/get-by-name-or-id.ts';
import type { Network } from '../../openstack/networks.ts';

/**
 * Returns the network named `wanted`. When `wanted` is empty, returns the only network that is not external and has a
 * subnet. Throws NetworkNotFoundError when no network or more than one qualifies.
 */
export function chooseNetwork(networks: readonly Network[], wanted: string): Network {
  if (wanted !== '') {
    return getByNameOrId(networks, wanted, 'network', (known) => {
      return new NetworkNotFoundError([`--network: expected one of ${known}, got ${wanted}`]);
    });
  }
  const [only, ...others] = networks.filter(
    (network) => !network['router:external'] && network.subnets.length > 0,
  );
  if (only === undefined) {
    throw new NetworkNotFoundError([
      'expected a network with a subnet in the project, found none; create one',
    ]);
  }
  if (others.length === 0) return only;
  const names = [only, ...others].map((network) => network.name || network.id).join(', ');
  throw new NetworkNotFoundError([`--network: expected one of ${names}, got nothing`]);
}
