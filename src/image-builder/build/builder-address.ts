import { AddressNotFoundError, NetworkNotFoundError } from '../../model/errors.ts';
import { encodeFloatingIpDescription, findFloatingIpMetadata } from '../floating-ip-description.ts';
import { OWNER_KEYS } from '../../model/owner.ts';
import type { Cloud } from '../../openstack/cloud.ts';
import {
  type FloatingIp,
  createFloatingIp,
  deleteFloatingIp,
  listFloatingIps,
} from '../../openstack/floating-ips.ts';
import { getByNameOrId } from '../../openstack/get-by-name-or-id.ts';
import type { Network } from '../../openstack/networks.ts';
import { listServerPorts } from '../../openstack/ports.ts';
import type { Maker } from '../context.ts';

/** Returns the external network named `wanted`; undefined when it is empty. Throws NetworkNotFoundError. */
export function chooseFloatingNetwork(networks: readonly Network[], wanted: string): Network | undefined {
  if (wanted === '') return undefined;
  const external = networks.filter((network) => network['router:external']);
  return getByNameOrId(external, wanted, 'network', (known) => {
    return new NetworkNotFoundError([
      `--floating-network: expected one of the external networks (${known}), got ${wanted}`,
    ]);
  });
}

/** Leads an address of the external network to the server. */
export async function createBuilderAddress(
  cloud: Cloud,
  network: Pick<Network, 'id'>,
  serverId: string,
  { owner, process }: Maker,
): Promise<FloatingIp> {
  const [port] = await listServerPorts(cloud, serverId);
  if (port === undefined) throw new AddressNotFoundError(`server ${serverId} has no port for a floating IP`);
  cloud.noteCreated(port.id); // Nova created it a moment ago, so that other servers of Neutron may not know it
  const description = encodeFloatingIpDescription(owner, process);
  return createFloatingIp(cloud, { networkId: network.id, portId: port.id, description });
}

/** Releases the address; without its id, every address of this build. */
export async function removeBuilderAddress(
  cloud: Cloud,
  id: string | undefined,
  { owner, process }: Maker,
): Promise<void> {
  if (id !== undefined) {
    await deleteFloatingIp(cloud, id);
    return;
  }
  for (const address of await listFloatingIps(cloud)) {
    const metadata = findFloatingIpMetadata(address.description, owner);
    const isOurs =
      metadata?.[OWNER_KEYS.buildId] === owner.buildId && metadata[OWNER_KEYS.process] === process;
    if (isOurs) await deleteFloatingIp(cloud, address.id);
  }
}
