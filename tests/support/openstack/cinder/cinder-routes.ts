import { randomUUID } from 'node:crypto';
import { paginate } from '../server/paginate.ts';
import { type Route, type RouteRequest, type RouteResponse, Refusal } from '../server/route.ts';
import { type VolumeUpload, uploadVolume } from './upload-volume.ts';
import { type NewVolume, addVolume, removeVolume } from './volumes.ts';
import type { CloudState, ImageRecord, VolumeRecord } from '../cloud-state.ts';

const PATH = '/volume/v3/:project/volumes';

/**
 * The routes of Cinder, as its API reference documents them. The lab has no Cinder, so none of their answers was recorded.
 * A cloud has them only after `addBlockStorage`.
 */
export const cinderRoutes: readonly Route[] = [
  cinderRoute(`POST ${PATH}`, createVolume),
  cinderRoute(`GET ${PATH}/detail`, listVolumes),
  cinderRoute(`GET ${PATH}/:id`, (request, cloud) => {
    const { shown, projectId } = getVolume(request, cloud);
    return { status: 200, body: { volume: withLinks(request, shown, projectId) } };
  }),
  cinderRoute(`DELETE ${PATH}/:id`, deleteVolume),
  cinderRoute(`POST ${PATH}/:id/action`, actOnVolume),
];

/** Creates a route, whose responses carry a request id. The project of the path must be that of the token. */
function cinderRoute(route: string, answer: Route['answer']): Route {
  return {
    route,
    answer: async (request, cloud) => {
      if (!cloud.hasBlockStorage) throw new Refusal(404, 'The resource could not be found.');
      if (request.params['project'] !== request.login.projectId) {
        throw new Refusal(400, 'Malformed request url');
      }
      const id = `req-${randomUUID()}`;
      const headers = { 'x-openstack-request-id': id, 'x-compute-request-id': id };
      const answered = await answer(request, cloud);
      return { ...answered, headers: { ...headers, ...answered.headers } };
    },
  };
}

function withLinks({ origin }: RouteRequest, shown: VolumeRecord['shown'], projectId: string) {
  const path = `${projectId}/volumes/${shown.id}`;
  const links = [
    { rel: 'self', href: `${origin}/volume/v3/${path}` },
    { rel: 'bookmark', href: `${origin}/volume/${path}` },
  ];
  return { ...shown, links };
}

async function createVolume(request: RouteRequest, cloud: CloudState): Promise<RouteResponse> {
  const { volume: spec } = (await request.json()) as { readonly volume: NewVolume };
  if (!Number.isInteger(spec.size) || spec.size < 1) {
    throw new Refusal(400, `Invalid input for field/attribute size. Value: ${spec.size}.`);
  }
  for (const [key, value] of Object.entries(spec.metadata ?? {})) {
    if (value.length > 255)
      throw new Refusal(400, `Invalid input for field/attribute ${key}. '${value}' is too long`);
  }
  const image = getImage(spec, request, cloud);
  if (ownVolumes(request, cloud).length >= cloud.volumeQuota) {
    const message = `VolumeLimitExceeded: Maximum number of volumes allowed (${cloud.volumeQuota}) exceeded for quota 'volumes'.`;
    throw new Refusal(413, message);
  }
  const { shown, projectId } = addVolume(cloud, request.login, spec, image);
  return { status: 202, body: { volume: withLinks(request, { ...shown }, projectId) } };
}

function getImage({ imageRef, size }: NewVolume, { login }: RouteRequest, cloud: CloudState): ImageRecord {
  const image = cloud.images.get(imageRef);
  if (image === undefined || (image.owner !== login.projectId && image.visibility !== 'public')) {
    throw new Refusal(400, 'Invalid image identifier or unable to access requested image.');
  }
  if (image.status !== 'active')
    throw new Refusal(400, `Invalid input received: Image ${imageRef} is not active.`);
  const minimum = Math.max(
    Number(image['min_disk']),
    Math.ceil(Number(image['virtual_size'] ?? 0) / 1024 ** 3),
  );
  if (size >= minimum) return image;
  const message = `Volume size ${size}GB cannot be smaller than the image minDisk size ${minimum}GB.`;
  throw new Refusal(400, `Invalid input received: ${message}`);
}

function ownVolumes({ login }: RouteRequest, { volumes }: CloudState): readonly VolumeRecord[] {
  return [...volumes.values()].filter(({ projectId }) => projectId === login.projectId);
}

/** Lists the project's volumes, newest first. */
function listVolumes(request: RouteRequest, cloud: CloudState): RouteResponse {
  const { projectId } = request.login;
  const body = paginate(request, {
    key: 'volumes',
    all: ownVolumes(request, cloud)
      .map(({ shown }) => withLinks(request, shown, projectId))
      .toReversed(),
    idOf: ({ id }) => id,
    path: `/volume/v3/${projectId}/volumes/detail`,
    pageSize: cloud.pageSize,
    refuseMarker: (marker) => new Refusal(404, `Volume ${marker} could not be found.`),
  });
  return { status: 200, body };
}

function getVolume(request: RouteRequest, cloud: CloudState): VolumeRecord {
  const { id = '' } = request.params;
  const volume = cloud.volumes.get(id);
  if (volume?.projectId === request.login.projectId) return volume;
  throw new Refusal(404, `Volume ${id} could not be found.`);
}

function deleteVolume(request: RouteRequest, cloud: CloudState): RouteResponse {
  const volume = getVolume(request, cloud);
  const { status } = volume.shown;
  if (status !== 'available' && !/^error(_extending|_restoring)?$/.test(status)) {
    const states = 'available or error or error_restoring or error_extending or error_managing';
    const message = `Volume status must be ${states} and must not be migrating, attached, belong to a group or have snapshots.`;
    throw new Refusal(400, `Invalid volume: ${message}`);
  }
  removeVolume(cloud, volume);
  return { status: 202 };
}

interface VolumeAction {
  readonly 'os-set_image_metadata'?: { readonly metadata: Readonly<Record<string, string>> };
  readonly 'os-volume_upload_image'?: VolumeUpload;
}

async function actOnVolume(request: RouteRequest, cloud: CloudState): Promise<RouteResponse> {
  const action = (await request.json()) as VolumeAction;
  const volume = getVolume(request, cloud);
  if (action['os-volume_upload_image'] !== undefined) {
    return uploadVolume(request, volume, action['os-volume_upload_image'], cloud);
  }
  if (action['os-set_image_metadata'] === undefined) {
    throw new Refusal(400, `There is no such action: ${Object.keys(action)[0] ?? ''}`);
  }
  Object.assign(volume.imageProperties, action['os-set_image_metadata'].metadata);
  return { status: 200, body: { metadata: { ...volume.imageProperties } } };
}
