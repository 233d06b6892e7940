import { createHash } from 'node:crypto';
import { archNames } from '../../model/image/arch.ts';
import { BASES } from '../../model/image/base.ts';
import { BaseImageDownloadError } from '../../model/errors.ts';
import { baseImageName } from '../../model/image/names.ts';
import { OWNER_KEYS, encodeOwner } from '../../model/owner.ts';
import type { BaseImage } from '../../model/program-result.ts';
import { uuidFromDigest } from '../../model/text/uuid.ts';
import type { Cloud } from '../../openstack/cloud.ts';
import { type Image, deleteImage, findImage, listImages } from '../../openstack/images.ts';
import { waitFor } from '../../system/wait.ts';
import type { Deadlines, Downloads, Maker, Recorder, RunSettings } from '../context.ts';
import { openUbuntuImage } from './download-source.ts';
import type { TransferWatch } from '../distribute/transfer.ts';
import { isAbandoned } from '../cleanup/leftovers.ts';
import { type NewImage, uploadNewImage } from '../store.ts';
import { type UbuntuImage, type UbuntuRelease, getUbuntuImage } from './ubuntu-images.ts';
import { type WaitWatch, type Waiting, waitOn } from '../wait-on.ts';

/** Everything that the upload of a base image uses. */
export type BaseImageContext = Deadlines &
  TransferWatch &
  WaitWatch &
  Maker &
  Pick<Downloads, 'downloads' | 'cloudImagesUrl'> &
  Pick<RunSettings, 'findProcessState'> &
  Pick<Recorder, 'warn'>;

/** A base image and the resource prefix of its name. */
export interface BaseImageRequest extends UbuntuRelease {
  readonly prefix: string;
}

const MAX_SLOTS = 200;

/**
 * Returns the current base image. Uploads it when the cloud does not have this serial yet. Uploaders agree on the image's
 * id, which is derived from project, name, checksum and a slot number: Glance lets one of them create it, and the others
 * wait for its data. Glance never accepts a deleted id again, so the next slot is used then.
 */
export async function ensureBaseImage(
  cloud: Cloud,
  request: BaseImageRequest,
  context: BaseImageContext,
): Promise<BaseImage> {
  const source = await getUbuntuImage(context, request);
  const name = baseImageName(request.prefix, request.base, request.arch);
  const ready = (await listImages(cloud, name)).find(
    (image) => image.status === 'active' && image.properties[OWNER_KEYS.baseSha256] === source.sha256,
  );
  const found = ready ?? (await uploadOrAwait(cloud, { ...request, name, source }, context));
  const { base, arch } = request;
  return {
    base,
    arch,
    imageId: found.id,
    sha256: source.sha256,
    wasUploaded: found.properties[OWNER_KEYS.buildId] === context.owner.buildId && ready === undefined,
  };
}

interface BaseImageUpload extends BaseImageRequest {
  readonly name: string;
  readonly source: UbuntuImage;
}

async function uploadOrAwait(
  cloud: Cloud,
  upload: BaseImageUpload,
  context: Omit<BaseImageContext, 'cloudImagesUrl'>,
): Promise<Image> {
  const projectId = await cloud.projectId();
  const source = openUbuntuImage(upload.source, `cloud ${cloud.name}`, context.downloads);
  for (let slot = 0; slot < MAX_SLOTS; slot++) {
    const digest = createHash('sha256').update(
      JSON.stringify([projectId, upload.name, upload.source.sha256, slot]),
    );
    const id = uuidFromDigest(digest.digest('hex'));
    const record = describeRecord(id, upload, context);
    const image =
      (await uploadNewImage(cloud, { record, source }, context)) ?? (await awaitOther(cloud, id, context));
    if (image !== undefined) return image;
  }
  throw new BaseImageDownloadError(
    `${upload.name}: ${MAX_SLOTS} uploads of this serial were started and deleted; do not delete images while builds run`,
  );
}

function describeRecord(id: string, upload: BaseImageUpload, { owner, process }: Maker): NewImage['record'] {
  const properties = {
    ...encodeOwner(owner),
    [OWNER_KEYS.kind]: 'base',
    [OWNER_KEYS.process]: process,
    [OWNER_KEYS.baseSha256]: upload.source.sha256,
    architecture: archNames(upload.arch).openstack,
    os_distro: 'ubuntu',
    os_version: BASES[upload.base],
  };
  return { id, name: upload.name, diskFormat: 'qcow2', properties };
}

/** Waits for the upload of another process. Returns undefined when its image is gone or cannot become active. */
async function awaitOther(
  cloud: Cloud,
  id: string,
  context: Pick<RunSettings, 'clock' | 'findProcessState'> & Waiting,
): Promise<Image | undefined> {
  let status = 'unknown';
  const probe = async (): Promise<{ image: Image | undefined } | undefined> => {
    const image = await findImage(cloud, id);
    if (image === undefined) return { image };
    status = image.status;
    if (status === 'active') return { image };
    if (status !== 'queued' && status !== 'saving') return { image: undefined };
    if (!isAbandoned(image.properties, image.createdAt, context)) return undefined;
    const left = await findImage(cloud, id); // the process may have finished the upload and then ended
    if (left?.status === 'active') return { image: left };
    if (left !== undefined) await deleteImage(cloud, id);
    return { image: undefined };
  };
  const what = `base image ${id}, which another build uploads, to be active`;
  const wait = waitOn(cloud, context, { timeout: 'imageTimeout', what, lastSeen: () => status });
  return (await waitFor(probe, wait)).image;
}
