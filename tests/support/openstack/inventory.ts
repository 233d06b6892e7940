import type { CloudName } from './accounts.ts';
import type { ServedRequest } from './server/serve-cloud.ts';
import type { CloudState } from './cloud-state.ts';

/** A resource with its name, from which tests recognise its owner. */
interface NamedResource {
  readonly id: string;
  readonly name: string;
}

interface ImageEntry extends NamedResource {
  readonly status: string;
  /** The name of the owner's project, or its id if no user belongs to it. */
  readonly owner: string;
}

interface PortEntry {
  readonly id: string;
  /** The id of the server that the port belongs to. */
  readonly deviceId: string;
}

/** The resources of one cloud and the requests that it has received. */
export interface CloudInventory {
  readonly images: readonly ImageEntry[];
  readonly servers: readonly (NamedResource & { readonly status: string })[];
  /** Includes deleted servers. */
  readonly serversEver: readonly NamedResource[];
  readonly keypairs: readonly string[];
  readonly ports: readonly PortEntry[];
  readonly securityGroups: readonly NamedResource[];
  readonly volumes: readonly (NamedResource & { readonly status: string })[];
  /** The addresses of floating IPs. */
  readonly floatingIps: readonly string[];
  /** In the order of their arrival. */
  readonly requests: readonly Pick<ServedRequest, 'route' | 'status'>[];
}

/** The inventory of all started clouds. */
export type EmulatorInventory = Readonly<
  Record<'a' | 'b', CloudInventory> & Partial<Record<CloudName, CloudInventory>>
>;

/** Takes the inventory of a cloud. */
export function takeInventory(state: CloudState, requests: CloudInventory['requests']): CloudInventory {
  const projects = new Map(state.accounts.map(({ projectId, projectName }) => [projectId, projectName]));
  const named = (record: Readonly<Record<string, unknown>>): NamedResource => ({
    id: String(record['id']),
    name: String(record['name']),
  });
  return {
    images: [...state.images.values()].map((image) => ({
      ...named(image),
      status: image.status,
      owner: projects.get(image.owner) ?? image.owner,
    })),
    servers: [...state.servers.values()].map(({ shown }) => ({ ...named(shown), status: shown.status })),
    serversEver: [...state.serversEver],
    volumes: [...state.volumes.values()].map(({ shown }) => ({ ...named(shown), status: shown.status })),
    keypairs: state.keypairs.map(({ name }) => name),
    ports: [...state.ports.values()].map((port) => ({ id: port.id, deviceId: String(port['device_id']) })),
    securityGroups: [...state.securityGroups.values()].map(named),
    floatingIps: [...state.floatingIps.values()].map((each) => String(each['floating_ip_address'])),
    requests: [...requests],
  };
}
