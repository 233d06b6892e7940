import { randomBytes, randomUUID } from 'node:crypto';
import { QCOW2_MAGIC } from '../../../../src/model/image/disk-format.ts';
import { type BootPlan, bootServer } from './boot-server.ts';
import { linksOf } from './nova-route.ts';
import { isoSeconds } from './server-state.ts';
import { type RouteResponse, type RouteRequest, Refusal } from '../server/route.ts';
import type { CloudState, ImageRecord, PlainRecord, ServerRecord } from '../cloud-state.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const MAXIMUM_USER_DATA = 65_535;

interface BlockDevice {
  readonly uuid: string;
  readonly source_type: string;
  readonly destination_type: string;
  readonly boot_index: number;
  readonly delete_on_termination: boolean;
}

/** The body of a request for a new server. */
interface ServerRequest {
  readonly name: string;
  readonly imageRef?: string;
  readonly block_device_mapping_v2?: readonly BlockDevice[];
  readonly flavorRef: string;
  readonly networks: readonly { readonly uuid: string }[];
  readonly security_groups?: readonly { readonly name: string }[];
  readonly key_name?: string;
  readonly user_data?: string;
  readonly config_drive?: boolean;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Handles POST /servers: validates the request, creates the server and boots it. */
export async function createServer(request: RouteRequest, cloud: CloudState): Promise<RouteResponse> {
  const { server: spec } = (await request.json()) as { readonly server: ServerRequest };
  checkFields(spec);
  const plan = resolveReferences(spec, request, cloud);
  const server = makeServer(spec, request, cloud);
  const { id, name } = server.shown;
  cloud.servers.set(id, server);
  cloud.serversEver.push({ id, name });
  const fault = cloud.failNextServer;
  cloud.failNextServer = undefined;
  bootServer(server, plan, fault, cloud);
  const body = {
    server: {
      id,
      links: linksOf(request.origin, 'servers', id),
      'OS-DCF:diskConfig': 'MANUAL',
      security_groups: spec.security_groups ?? [{ name: 'default' }],
      adminPass: randomBytes(9).toString('base64url'),
    },
  };
  return { status: 202, headers: { location: `${request.origin}/compute/v2.1/servers/${id}` }, body };
}

function checkFields({
  name,
  imageRef,
  block_device_mapping_v2: devices,
  user_data = '',
  metadata = {},
}: ServerRequest): void {
  const refuse = (field: string, value: string, why: string): Refusal =>
    new Refusal(400, `Invalid input for field/attribute ${field}. Value: ${value}. '${value}' ${why}`);
  if (name === '') throw refuse('name', name, 'is too short');
  if (devices === undefined && !UUID.test(imageRef ?? '')) {
    throw refuse('imageRef', imageRef ?? '', 'is not valid under any of the given schemas');
  }
  if (user_data.length > MAXIMUM_USER_DATA) throw refuse('user_data', user_data, 'is too long');
  for (const [key, value] of Object.entries(metadata)) {
    if (value.length > 255) throw refuse(key, value, 'is too long');
  }
}

/** Finds the resources that the request names. Throws Refusal 400 for the first one that is missing. */
function resolveReferences(spec: ServerRequest, request: RouteRequest, cloud: CloudState): BootPlan {
  const [{ uuid } = { uuid: '' }] = spec.networks;
  const disk = findVolumeDisk(spec, request, cloud) ?? findImageDisk(spec, request, cloud);
  const flavor = cloud.flavors.find(({ id }) => id === spec.flavorRef);
  if (flavor === undefined) throw new Refusal(400, `Flavor ${spec.flavorRef} could not be found.`);
  if (flavor['disk'] === 0 && disk.volume === undefined) {
    throw new Refusal(403, 'Only volume-backed servers are allowed for flavors with zero disk.');
  }
  const publicKey = findKey(spec.key_name, request, cloud);
  const network = cloud.networks.find(({ id }) => id === uuid);
  if (network === undefined) throw new Refusal(400, `Network ${uuid} could not be found.`);
  const groups = (spec.security_groups ?? [{ name: 'default' }]).map(({ name }) =>
    getGroup(name, request, cloud),
  );
  const userData = Buffer.from(spec.user_data ?? '', 'base64').toString();
  return { network, groups, publicKey, userData, ...disk };
}

type Disk = Pick<BootPlan, 'volume' | 'isBootable'>;

/** Returns the volume that the request boots from; undefined when it boots from an image. Throws Refusal 400. */
function findVolumeDisk(
  { block_device_mapping_v2: devices }: ServerRequest,
  { login }: RouteRequest,
  { volumes }: CloudState,
): Disk | undefined {
  const device = devices?.find(({ boot_index }) => boot_index === 0);
  if (devices === undefined) return undefined;
  const invalid = 'Block Device Mapping is Invalid: ';
  if (device?.source_type !== 'volume' || device.destination_type !== 'volume') {
    throw new Refusal(
      400,
      `${invalid}Boot sequence for the instance and image/block device mapping is not valid.`,
    );
  }
  const volume = volumes.get(device.uuid);
  if (volume?.projectId !== login.projectId)
    throw new Refusal(400, `${invalid}failed to get volume ${device.uuid}.`);
  const { status, bootable } = volume.shown;
  if (bootable !== 'true') throw new Refusal(400, `Block Device ${device.uuid} is not bootable.`);
  if (status !== 'available') {
    throw new Refusal(
      400,
      `Invalid volume: Volume ${device.uuid} status must be available, it is ${status}.`,
    );
  }
  return { volume, isBootable: QCOW2_MAGIC.every((byte, index) => volume.data[index] === byte) };
}

function findImageDisk({ imageRef = '' }: ServerRequest, request: RouteRequest, cloud: CloudState): Disk {
  const image = cloud.images.get(imageRef);
  if (image === undefined || !isVisible(image, request, cloud)) {
    throw new Refusal(400, 'Can not find requested image');
  }
  if (image.status !== 'active') throw new Refusal(400, `Image ${image.id} is not active.`);
  return { volume: undefined, isBootable: isBootable(image, cloud) };
}

/** Reports whether a hypervisor can boot the image. An image with the format qcow2 must start with its magic bytes. */
function isBootable({ id, disk_format }: ImageRecord, { imageData }: CloudState): boolean {
  if (disk_format !== 'qcow2') return true;
  const data = imageData.get(id);
  return QCOW2_MAGIC.every((byte, index) => data?.[index] === byte);
}

function isVisible(image: ImageRecord, { login }: RouteRequest, { members }: CloudState): boolean {
  const isShared = members.get(image.id)?.has(login.projectId) === true;
  return image.owner === login.projectId || image.visibility === 'public' || isShared;
}

function findKey(
  name: string | undefined,
  { login }: RouteRequest,
  { keypairs }: CloudState,
): string | undefined {
  if (name === undefined) return undefined;
  const found = keypairs.find((keypair) => keypair.userId === login.userId && keypair.name === name);
  if (found === undefined) throw new Refusal(400, 'Invalid key_name provided.');
  return found.public_key;
}

function getGroup(nameOrId: string, { login }: RouteRequest, { securityGroups }: CloudState): PlainRecord {
  const own = [...securityGroups.values()].filter((group) => group['project_id'] === login.projectId);
  const found = own.find((group) => group.id === nameOrId || group['name'] === nameOrId);
  if (found !== undefined) return found;
  throw new Refusal(400, `Unable to find security_group with name or id '${nameOrId}'`);
}

function makeServer(spec: ServerRequest, { login, origin }: RouteRequest, cloud: CloudState): ServerRecord {
  const id = randomUUID();
  const now = isoSeconds(cloud);
  const bookmark = (kind: string, of: string): unknown => ({
    id: of,
    links: linksOf(origin, kind, of).slice(1),
  });
  const shown = {
    id,
    name: spec.name,
    status: 'BUILD',
    tenant_id: login.projectId,
    user_id: login.userId,
    metadata: { ...spec.metadata },
    hostId: '',
    image: spec.imageRef === undefined ? '' : bookmark('images', spec.imageRef),
    flavor: bookmark('flavors', spec.flavorRef),
    created: now,
    updated: now,
    addresses: {},
    accessIPv4: '',
    accessIPv6: '',
    links: linksOf(origin, 'servers', id),
    'OS-DCF:diskConfig': 'MANUAL',
    progress: 0,
    'OS-EXT-AZ:availability_zone': '',
    config_drive: spec.config_drive === true ? 'True' : '',
    key_name: spec.key_name ?? null,
    'OS-SRV-USG:launched_at': null,
    'OS-SRV-USG:terminated_at': null,
    'OS-EXT-STS:task_state': 'scheduling',
    'OS-EXT-STS:vm_state': 'building',
    'OS-EXT-STS:power_state': 0,
    'os-extended-volumes:volumes_attached': [],
  };
  return {
    shown,
    projectId: login.projectId,
    userId: login.userId,
    console: '',
    powerOff: async () => cloud.guests?.find(id)?.powerOff(),
  };
}
