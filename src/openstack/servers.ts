import { ConflictError, NotFoundError } from '../model/cloud-errors.ts';
import { anyString, anything, fields, list, mapping, optional, text, withDefault } from '../model/decode.ts';
import type { Cloud } from './cloud.ts';
import { listAll } from './list-all.ts';

const serverFields = fields({
  id: text,
  name: text,
  status: text,
  created: withDefault(anyString, ''),
  metadata: withDefault(mapping(anyString), {}),
  addresses: withDefault(mapping(list(fields({ addr: text }))), {}),
  image: anything,
  fault: optional(fields({ message: withDefault(anyString, '') })),
  'OS-EXT-STS:task_state': optional(text),
});

/** A server in Nova. */
export interface Server {
  readonly id: string;
  readonly name: string;
  /** A status of Nova: ACTIVE, BUILD, ERROR, SHUTOFF, … */
  readonly status: string;
  /** The task that Nova is performing on the server; undefined when it is idle. */
  readonly taskState: string | undefined;
  /** In ISO 8601. */
  readonly createdAt: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** The addresses in all networks. */
  readonly addresses: readonly string[];
  /** The image that the server was booted from; undefined when it was booted from a volume. */
  readonly imageId: string | undefined;
  /** The reason for the status ERROR. */
  readonly fault: string | undefined;
}

/** The parameters of a new server. */
export interface ServerSpec {
  readonly name: string;
  readonly imageId: string;
  readonly flavorId: string;
  readonly networkId: string;
  readonly securityGroupId: string;
  readonly keypair: string;
  /** Plain text; `createServer` encodes it. */
  readonly userData: string;
  readonly metadata: Readonly<Record<string, string>>;
}

function toServer(read: NonNullable<ReturnType<typeof serverFields>>): Server {
  const image = read.image;
  return {
    id: read.id,
    name: read.name,
    status: read.status,
    taskState: read['OS-EXT-STS:task_state'],
    createdAt: read.created,
    metadata: read.metadata,
    addresses: Object.values(read.addresses).flatMap((network) => network.map(({ addr }) => addr)),
    imageId:
      typeof image === 'object' && image !== null && 'id' in image && typeof image.id === 'string'
        ? image.id
        : undefined,
    fault: read.fault?.message,
  };
}

/** Requests a new server with a config drive and returns its id. The server is then in BUILD. */
export async function createServer(cloud: Cloud, spec: ServerSpec): Promise<string> {
  const { server } = await cloud.compute.read(
    {
      operation: `create server ${spec.name}`,
      method: 'POST',
      path: '/servers',
      body: {
        server: {
          name: spec.name,
          imageRef: spec.imageId,
          flavorRef: spec.flavorId,
          networks: [{ uuid: spec.networkId }],
          security_groups: [{ name: spec.securityGroupId }],
          key_name: spec.keypair,
          user_data: Buffer.from(spec.userData).toString('base64'),
          config_drive: true,
          metadata: spec.metadata,
        },
      },
    },
    fields({ server: fields({ id: text }) }),
  );
  return server.id;
}

/** Returns the server with this id, or undefined when it does not exist. */
export async function findServer(cloud: Cloud, id: string): Promise<Server | undefined> {
  try {
    const request = { operation: `get server ${id}`, method: 'GET', path: `/servers/${id}` } as const;
    return toServer((await cloud.compute.read(request, fields({ server: serverFields }))).server);
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

/** Lists the project's servers. */
export async function listServers(cloud: Cloud): Promise<readonly Server[]> {
  const found = await listAll(cloud.compute, {
    operation: 'list servers',
    path: '/servers/detail',
    key: 'servers',
    element: serverFields,
  });
  return found.map(toServer);
}

/** Requests that the server be stopped. Ignores a 409, which Nova returns for a server that is stopping or stopped. */
export async function stopServer(cloud: Cloud, id: string): Promise<void> {
  try {
    const stop = action(id, `stop server ${id}`, { 'os-stop': null });
    await cloud.compute.send({ ...stop, isRepeatable: true });
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
  }
}

/** Returns the console output of the server. Nova keeps only the end of a long output. */
export async function getConsole(cloud: Cloud, id: string): Promise<string> {
  const request = {
    ...action(id, `get console of server ${id}`, { 'os-getConsoleOutput': {} }),
    isRepeatable: true,
  };
  return (await cloud.compute.read(request, fields({ output: withDefault(anyString, '') }))).output;
}

/** Requests an image of the server and returns the image's id. The image is then queued. */
export async function createServerImage(
  cloud: Cloud,
  id: string,
  image: { readonly name: string; readonly metadata: Readonly<Record<string, string>> },
): Promise<string> {
  const operation = `create image ${image.name}`;
  const answer = await cloud.compute.send({
    ...action(id, operation, { createImage: image }),
    headers: { 'OpenStack-API-Version': 'compute 2.45' }, // the first version that returns the id in the body
  });
  const { body } = answer;
  if (typeof body === 'object' && body !== null && 'image_id' in body && typeof body.image_id === 'string') {
    return body.image_id;
  }
  throw cloud.compute.unexpectedAnswer({ operation }, 'returned no image_id');
}

/** Requests that the server be deleted. Does nothing when it does not exist. */
export async function deleteServer(cloud: Cloud, id: string): Promise<void> {
  try {
    await cloud.compute.send({ operation: `delete server ${id}`, method: 'DELETE', path: `/servers/${id}` });
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
}

function action(id: string, operation: string, body: unknown) {
  return { operation, method: 'POST', path: `/servers/${id}/action`, body } as const;
}
