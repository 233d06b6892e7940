import { QCOW2_MAGIC } from '../../../../src/model/image/disk-format.ts';
import { addQueuedImage, changeImage, removeImage, storeImageData } from '../glance/images.ts';
import { setState } from './server-state.ts';
import type { RouteRequest } from '../server/route.ts';
import type { CloudState, ImageRecord, ServerRecord } from '../cloud-state.ts';

/** The times at which a snapshot reaches its states, in seconds after the request. */
const PENDING = 0.1;
const UPLOADING = 0.2;
const SAVING = 1;
const STORED = 1.3;
const IDLE = 2;

/** The fields of an image that a snapshot does not inherit. A snapshot inherits all other fields of the base image. */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  ...['name', 'disk_format', 'container_format', 'visibility', 'size', 'virtual_size', 'status', 'checksum'],
  ...['protected', 'min_ram', 'min_disk', 'owner', 'os_hidden', 'os_hash_algo', 'os_hash_value', 'id'],
  ...['created_at', 'updated_at', 'tags', 'self', 'file', 'schema', 'stores', 'direct_url', 'locations'],
]);

/** Creates the image record of a snapshot, schedules its state changes, and returns its id. */
export function requestSnapshot(
  server: ServerRecord,
  { name, metadata = {} }: { readonly name: string; readonly metadata?: Readonly<Record<string, string>> },
  { login }: RouteRequest,
  cloud: CloudState,
): string {
  if (server.shown['image'] === '') throw new Error('expected a server with a disk, got one with a volume');
  const base = cloud.images.get(idOf(server.shown['image']));
  const flavor = cloud.flavors.find(({ id }) => id === idOf(server.shown['flavor']));
  const image = addQueuedImage(cloud, {
    name,
    owner: server.projectId,
    visibility: 'private',
    min_ram: Number(base?.['min_ram'] ?? 0),
    min_disk: Number(flavor?.['disk'] ?? 0),
    properties: {
      ...inheritedFrom(base),
      base_image_ref: idOf(server.shown['image']),
      owner_user_name: login.userName,
      owner_project_name: login.projectName,
      boot_roles: 'member,reader',
      instance_uuid: server.shown.id,
      user_id: server.userId,
      image_type: 'snapshot',
      ...metadata,
    },
  });
  setState(server, cloud, { task: 'image_snapshot' });
  scheduleSnapshot(image, server, cloud);
  return image.id;
}

function idOf(reference: unknown): string {
  return (reference as { readonly id: string }).id;
}

function inheritedFrom(base: ImageRecord | undefined): Readonly<Record<string, string>> {
  const own = Object.entries(base ?? {}).filter(([key]) => !OWN_FIELDS.has(key));
  return Object.fromEntries(own.map(([key, value]) => [key, String(value)]));
}

/**
 * Schedules the state changes of a snapshot. If the image is deleted, the server becomes idle. If the server is
 * deleted, the unfinished image is deleted too.
 */
function scheduleSnapshot(image: ImageRecord, server: ServerRecord, cloud: CloudState): void {
  const at = (seconds: number, work: () => void): void => {
    cloud.clock.after(seconds, () => {
      const isThere = cloud.images.get(image.id) === image;
      if (isSnapshotting(server, cloud)) return isThere ? work() : setState(server, cloud, { task: null });
      if (isThere && image.status !== 'active') removeImage(cloud, image.id);
    });
  };
  const task = (name: string | null) => () => setState(server, cloud, { task: name });
  at(PENDING, task('image_pending_upload'));
  at(UPLOADING, task('image_uploading'));
  at(SAVING, () => {
    changeImage(cloud, image.id, { status: 'saving', disk_format: 'qcow2', container_format: 'bare' });
  });
  at(STORED, () => activate(image, server, cloud));
  at(IDLE, task(null));
}

/** Reports whether the server still exists and its snapshot is still in progress. */
function isSnapshotting(server: ServerRecord, cloud: CloudState): boolean {
  const task = String(server.shown['OS-EXT-STS:task_state']);
  return cloud.servers.get(server.shown.id) === server && task.startsWith('image_');
}

function activate(image: ImageRecord, server: ServerRecord, cloud: CloudState): void {
  if (cloud.killNextSnapshot) {
    cloud.killNextSnapshot = false;
    changeImage(cloud, image.id, { status: 'killed' });
    return;
  }
  storeImageData(cloud, image, diskOf(server, cloud));
  changeImage(cloud, image.id, {
    owner_id: image.owner,
    image_state: 'available',
    image_location: 'snapshot',
  });
}

/** Returns the data of the base image followed by the content of the guest's disk. */
function diskOf(server: ServerRecord, cloud: CloudState): Buffer {
  const base = cloud.imageData.get(idOf(server.shown['image'])) ?? Buffer.from(QCOW2_MAGIC);
  const changes = cloud.guests?.find(server.shown.id)?.disk.text ?? '';
  return Buffer.concat([base, Buffer.from(changes)]);
}
