import { ConflictError, NotFoundError } from '../model/cloud/cloud-errors.ts';
import {
  anyString,
  anything,
  fields,
  isMapping,
  isUuid,
  list,
  mapping,
  optional,
  uuid,
  withDefault,
  nameText,
  messageText,
  shortText,
  tags,
} from '../model/decode.ts';
import type { Cloud } from './cloud.ts';
import { listAll } from './api/list-all.ts';

const serverFields = fields({
  id: uuid,
  name: nameText,
  status: nameText,
  created: withDefault(shortText, ''),
  metadata: withDefault(tags, {}),
  addresses: withDefault(mapping(list(fields({ addr: nameText }))), {}),
  fault: optional(fields({ message: withDefault(messageText, '') })),
  'OS-EXT-STS:task_state': optional(nameText),
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
  /** The reason for the status ERROR. */
  readonly fault: string | undefined;
}

/** The parameters of a new server. */
export interface ServerSpec {
  readonly name: string;
  readonly imageId: string;
  /** The volume to boot from, for a flavor without a disk; the image is then not used. */
  readonly volumeId?: string | undefined;
  readonly flavorId: string;
  readonly networkId: string;
  readonly securityGroupId: string;
  readonly keypair: string;
  /** Plain text; `createServer` encodes it. */
  readonly userData: string;
  readonly metadata: Readonly<Record<string, string>>;
}

function toServer(read: NonNullable<ReturnType<typeof serverFields>>): Server {
  return {
    id: read.id,
    name: read.name,
    status: read.status,
    taskState: read['OS-EXT-STS:task_state'],
    createdAt: read.created,
    metadata: read.metadata,
    addresses: Object.values(read.addresses).flatMap((network) => network.map(({ addr }) => addr)),
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
          ...bootSource(spec),
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
    fields({ server: fields({ id: uuid }) }),
  );
  cloud.noteCreated(server.id, 'server');
  return server.id;
}

function bootSource({ imageId, volumeId }: ServerSpec): object {
  if (volumeId === undefined) return { imageRef: imageId };
  const volume = { uuid: volumeId, source_type: 'volume', destination_type: 'volume', boot_index: 0 };
  return { block_device_mapping_v2: [{ ...volume, delete_on_termination: false }] };
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

const bootImageFields = fields({ image: anything });

/** Returns the ids of the images that the project's servers were booted from. No server is too odd to count. */
export async function listBootImageIds(cloud: Cloud): Promise<ReadonlySet<string>> {
  const found = await listAll(cloud.compute, {
    operation: 'list images of servers',
    path: '/servers/detail',
    key: 'servers',
    element: bootImageFields,
  });
  const ids = found.flatMap(({ image }) =>
    isMapping(image) && typeof image['id'] === 'string' && isUuid(image['id']) ? [image['id']] : [],
  );
  return new Set(ids); // the image of a server that was booted from a volume is an empty string
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

/** In characters. Nova keeps 100 KiB of a console. */
const MAXIMUM_CONSOLE = 1024 * 1024;

/** Returns the end of the console output of the server. */
export async function getConsole(cloud: Cloud, id: string): Promise<string> {
  const request = {
    ...action(id, `get console of server ${id}`, { 'os-getConsoleOutput': {} }),
    isRepeatable: true,
  };
  const { output } = await cloud.compute.read(request, fields({ output: withDefault(anyString, '') }));
  return output.slice(-MAXIMUM_CONSOLE);
}

/** The id of an image at the end of a URL. Nova's API v2 ignores microversions and returns the id only there. */
const IMAGE_LOCATION = /\/images\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

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
  const imageId =
    isMapping(body) && typeof body['image_id'] === 'string' && isUuid(body['image_id'])
      ? body['image_id']
      : IMAGE_LOCATION.exec(answer.header('location') ?? '')?.[1];
  if (imageId === undefined) throw cloud.compute.unexpectedAnswer({ operation }, 'returned no image_id');
  cloud.noteCreated(imageId, 'image');
  return imageId;
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
