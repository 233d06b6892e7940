import type { CloudName } from './accounts.ts';
import type { Served } from './serve.ts';
import type { CloudState } from './state.ts';

/** A thing that exists, by the names that tell whose it is. */
interface BookedThing {
  readonly id: string;
  readonly name: string;
}

interface BookedImage extends BookedThing {
  readonly status: string;
  /** The name of the project that has it; its id where no user has it. */
  readonly owner: string;
}

interface BookedPort {
  readonly id: string;
  /** The server that it is plugged into. */
  readonly deviceId: string;
}

/** What exists in one cloud, and what was asked of it. */
export interface CloudBook {
  readonly images: readonly BookedImage[];
  readonly servers: readonly (BookedThing & { readonly status: string })[];
  readonly serversEver: readonly BookedThing[];
  readonly keypairs: readonly string[];
  readonly ports: readonly BookedPort[];
  readonly securityGroups: readonly BookedThing[];
  /** In order. */
  readonly requests: readonly Pick<Served, 'route' | 'status'>[];
}

/** Both clouds. */
export type Book = Readonly<Record<CloudName, CloudBook>>;

/** Writes down what there is now. */
export function bookCloud(state: CloudState, requests: CloudBook['requests']): CloudBook {
  const projects = new Map(state.accounts.map((one) => [one.projectId, one.projectName]));
  const named = (record: Readonly<Record<string, unknown>>): BookedThing => ({
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
    keypairs: state.keypairs.map(({ name }) => name),
    ports: [...state.ports.values()].map((port) => ({ id: port.id, deviceId: String(port['device_id']) })),
    securityGroups: [...state.securityGroups.values()].map(named),
    requests: [...requests],
  };
}
