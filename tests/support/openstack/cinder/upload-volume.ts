import { addQueuedImage, changeImage, storeImageData } from '../glance/images.ts';
import { type RouteRequest, type RouteResponse, Refusal } from '../server/route.ts';
import { setVolumeStatus } from './volumes.ts';
import type { CloudState, VolumeRecord } from '../cloud-state.ts';

/** The parameters of the action os-volume_upload_image. */
export interface VolumeUpload {
  readonly image_name: string;
  readonly disk_format?: string;
  readonly container_format?: string;
  readonly visibility?: string;
  readonly force?: boolean;
}

/** The times at which an upload reaches its states, in seconds after the request. */
const SAVING = 1;
const STORED = 1.5;
const IDLE = 2;

/** Handles the action os-volume_upload_image. The option `enable_force_upload` has its default, off. */
export function uploadVolume(
  request: RouteRequest,
  volume: VolumeRecord,
  upload: VolumeUpload,
  cloud: CloudState,
): RouteResponse {
  const { shown } = volume;
  if (upload.image_name === '') throw new Refusal(400, 'No image_name was specified in request.');
  if (upload.visibility !== undefined && !hasVisibility(request)) {
    throw new Refusal(400, "Additional properties are not allowed ('visibility' was unexpected)");
  }
  if (shown.status !== 'available') {
    const why = `Volume ${shown.id} status must be available, but current status is: ${shown.status}`;
    throw new Refusal(400, `Invalid volume: ${why}.`);
  }
  setVolumeStatus(cloud, volume, 'uploading');
  const { image_name: name, disk_format = 'raw', container_format = 'bare' } = upload;
  const formats = { disk_format, container_format };
  const image = addQueuedImage(cloud, {
    name,
    owner: volume.projectId,
    ...formats,
    visibility: upload.visibility ?? 'shared',
    properties: volume.imageProperties,
  });
  scheduleUpload(image.id, volume, cloud);
  const body = {
    id: shown.id,
    updated_at: shown['updated_at'],
    status: 'uploading',
    display_description: shown['description'],
    size: shown['size'],
    volume_type: null,
    image_id: image.id,
    ...formats,
    image_name: name,
    ...(hasVisibility(request) ? { visibility: image.visibility, protected: false } : {}),
  };
  return { status: 202, body: { 'os-volume_upload_image': body } };
}

function hasVisibility({ headers }: RouteRequest): boolean {
  const minor = /^volume 3\.(\d+)$/.exec(headers['openstack-api-version'] ?? '')?.[1];
  return Number(minor ?? 0) >= 1;
}

/** Schedules the state changes. An upload whose image is deleted fails, and leaves the volume available. */
function scheduleUpload(imageId: string, volume: VolumeRecord, cloud: CloudState): void {
  const isBroken = cloud.failNextVolumeUpload;
  cloud.failNextVolumeUpload = false;
  cloud.clock.after(SAVING, () => changeImage(cloud, imageId, { status: 'saving' }));
  cloud.clock.after(STORED, () => {
    const image = cloud.images.get(imageId);
    if (image === undefined) return;
    if (isBroken) changeImage(cloud, imageId, { status: 'queued' });
    else storeImageData(cloud, image, volume.data);
  });
  cloud.clock.after(IDLE, () => setVolumeStatus(cloud, volume, 'available'));
}
