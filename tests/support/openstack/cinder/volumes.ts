import { randomUUID } from 'node:crypto';
import type { CloudState, ImageRecord, Login, VolumeRecord } from '../cloud-state.ts';

/** The fields of a request for a new volume. */
export interface NewVolume {
  readonly name?: string | null;
  /** In GiB. */
  readonly size: number;
  readonly imageRef: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The times at which a new volume reaches its states, in seconds after the request. */
const DOWNLOADING = 0.5;
const READY = 2;
/** The seconds that a deletion takes. */
const GONE = 1;

/** Returns a time in the format of Cinder, which has microseconds and no time zone. */
function cinderTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('Z', '000');
}

/** Adds a volume that gets the data of the image. It is creating, downloading, then available, or in error. */
export function addVolume(
  cloud: CloudState,
  { userId, projectId }: Login,
  { name = null, size, metadata = {} }: NewVolume,
  image: ImageRecord,
): VolumeRecord {
  const volume: VolumeRecord = {
    shown: {
      id: randomUUID(),
      attachments: [],
      availability_zone: 'nova',
      bootable: 'false',
      consistencygroup_id: null,
      created_at: cinderTime(cloud.clock.now()),
      description: null,
      encrypted: false,
      metadata: { ...metadata },
      migration_status: null,
      multiattach: false,
      name,
      replication_status: null,
      size,
      snapshot_id: null,
      source_volid: null,
      status: 'creating',
      updated_at: null,
      user_id: userId,
      volume_type: '__DEFAULT__',
    },
    projectId,
    imageProperties: {},
    data: Buffer.alloc(0),
  };
  cloud.volumes.set(volume.shown.id, volume);
  const isBroken = cloud.failNextVolume;
  cloud.failNextVolume = false;
  cloud.clock.after(DOWNLOADING, () => setVolumeStatus(cloud, volume, 'downloading'));
  cloud.clock.after(READY, () => {
    if (isBroken) return setVolumeStatus(cloud, volume, 'error');
    volume.data = cloud.imageData.get(image.id) ?? volume.data;
    Object.assign(volume.imageProperties, propertiesOf(image));
    volume.shown['bootable'] = 'true';
    setVolumeStatus(cloud, volume, 'available');
  });
  return volume;
}

/** The fields of an image that Cinder does not hand on: its option `glance_core_properties`, and what Glance alone sets. */
const NOT_HANDED_ON: ReadonlySet<string> = new Set([
  ...['name', 'disk_format', 'container_format', 'visibility', 'size', 'virtual_size', 'status', 'checksum'],
  ...['protected', 'min_ram', 'min_disk', 'owner', 'os_hidden', 'os_hash_algo', 'os_hash_value', 'id'],
  ...['created_at', 'updated_at', 'tags', 'self', 'file', 'schema', 'stores', 'direct_url', 'locations'],
]);

function propertiesOf(image: ImageRecord): Readonly<Record<string, string>> {
  const own = Object.entries(image).filter(([key]) => !NOT_HANDED_ON.has(key));
  return Object.fromEntries(own.map(([key, value]) => [key, String(value)]));
}

/** Changes the status of a volume and updates its timestamp. */
export function setVolumeStatus(cloud: CloudState, { shown }: VolumeRecord, status: string): void {
  shown.status = status;
  shown['updated_at'] = cinderTime(cloud.clock.now());
}

/** Deletes a volume. It stays visible until it is gone. */
export function removeVolume(cloud: CloudState, volume: VolumeRecord): void {
  setVolumeStatus(cloud, volume, 'deleting');
  cloud.clock.after(GONE, () => void cloud.volumes.delete(volume.shown.id));
}

/** Attaches an available volume to a server. */
export function attachVolume(cloud: CloudState, volume: VolumeRecord, serverId: string): void {
  volume.shown['attachments'] = [
    {
      id: volume.shown.id,
      attachment_id: randomUUID(),
      volume_id: volume.shown.id,
      server_id: serverId,
      host_name: null,
      device: '/dev/vda',
      attached_at: cinderTime(cloud.clock.now()),
    },
  ];
  setVolumeStatus(cloud, volume, 'in-use');
}

/** Detaches the volumes of a server. `written` is what the guest has added to its disk. */
export function detachVolumes(cloud: CloudState, serverId: string, written: string): void {
  for (const volume of cloud.volumes.values()) {
    const attachments = volume.shown['attachments'] as readonly { readonly server_id: string }[];
    if (!attachments.some(({ server_id }) => server_id === serverId)) continue;
    volume.data = Buffer.concat([volume.data, Buffer.from(written)]);
    volume.shown['attachments'] = [];
    setVolumeStatus(cloud, volume, 'available');
  }
}
