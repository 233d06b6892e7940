import { createHash } from 'node:crypto';
import { type Arch, archNames } from '../../model/arch.ts';
import { BASES, type Base } from '../../model/base.ts';
import { BaseImageDownloadError } from '../../model/errors.ts';
import { baseImageName } from '../../model/names.ts';
import { OWNER_KEYS, encodeOwner } from '../../model/owner.ts';
import type { BaseImage } from '../../model/program-result.ts';
import { uuidFromDigest } from '../../model/uuid.ts';
import type { Cloud } from '../../openstack/cloud.ts';
import { type Image, deleteImage, findImage, listImages } from '../../openstack/images.ts';
import { waitFor } from '../../system/wait.ts';
import type { Deadlines, Downloads, Maker, Recorder, RunSettings } from '../context.ts';
import { openUbuntuImage } from './download-source.ts';
import { isAbandoned } from '../cleanup/leftovers.ts';
import { type NewImage, uploadNewImage } from '../store.ts';
import { type UbuntuImage, getUbuntuImage } from './ubuntu-images.ts';
import { waitOn } from '../wait-on.ts';

/** Everything that a base image is ensured with. */
export type BaseImageContext = Deadlines &
  Maker &
  Pick<Downloads, 'downloads' | 'cloudImagesUrl'> &
  Pick<RunSettings, 'findProcessState'> &
  Pick<Recorder, 'warn'>;

/** Which base image is wanted, under which resource prefix. */
export interface BaseImageRequest {
  readonly base: Base;
  readonly arch: Arch;
  readonly prefix: string;
}

const MAXIMUM_SLOTS = 200;

/**
 * The current base image, uploaded when the cloud has not this serial yet. Uploaders agree through the image's id,
 * which follows from project, name, checksum and a slot number: Glance lets only one create it, the others wait for
 * its data. An id that was used and deleted can never be used again; then the next slot counts.
 */
export async function ensureBaseImage(
  cloud: Cloud,
  request: BaseImageRequest,
  context: BaseImageContext,
): Promise<BaseImage> {
  const source = await getUbuntuImage(context, request.base, request.arch);
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

interface Wanted extends BaseImageRequest {
  readonly name: string;
  readonly source: UbuntuImage;
}

async function uploadOrAwait(
  cloud: Cloud,
  wanted: Wanted,
  context: Omit<BaseImageContext, 'cloudImagesUrl'>,
): Promise<Image> {
  const projectId = await cloud.projectId();
  const source = openUbuntuImage(wanted.source, cloud.name, context.downloads);
  for (let slot = 0; slot < MAXIMUM_SLOTS; slot++) {
    const digest = createHash('sha256').update(
      JSON.stringify([projectId, wanted.name, wanted.source.sha256, slot]),
    );
    const id = uuidFromDigest(digest.digest('hex'));
    const record = describeRecord(id, wanted, context);
    const image =
      (await uploadNewImage(cloud, { record, source }, context)) ?? (await awaitOther(cloud, id, context));
    if (image !== undefined) return image;
  }
  throw new BaseImageDownloadError(
    `${wanted.name}: ${MAXIMUM_SLOTS} uploads of this serial were begun and deleted; delete nothing while builds run`,
  );
}

function describeRecord(id: string, wanted: Wanted, { owner, process }: Maker): NewImage['record'] {
  const properties = {
    ...encodeOwner(owner),
    [OWNER_KEYS.kind]: 'base',
    [OWNER_KEYS.process]: process,
    [OWNER_KEYS.baseSha256]: wanted.source.sha256,
    architecture: archNames(wanted.arch).openstack,
    os_distro: 'ubuntu',
    os_version: BASES[wanted.base],
  };
  return { id, name: wanted.name, diskFormat: 'qcow2', properties };
}

/** Waits for the upload of another process; `undefined` when its image is gone or will never be active. */
async function awaitOther(
  cloud: Cloud,
  id: string,
  context: Pick<RunSettings, 'clock' | 'timeouts' | 'findProcessState'>,
): Promise<Image | undefined> {
  let status = 'unknown';
  const look = async (): Promise<{ image: Image | undefined } | undefined> => {
    const image = await findImage(cloud, id);
    if (image === undefined) return { image };
    status = image.status;
    if (status === 'active') return { image };
    if (status !== 'queued' && status !== 'saving') return { image: undefined };
    if (!isAbandoned(image.properties, image.createdAt, context)) return undefined;
    await deleteImage(cloud, id);
    return { image: undefined };
  };
  const what = `base image ${id}, which another build uploads, to be active`;
  const wait = waitOn(cloud, context.timeouts, { timeout: 'imageTimeout', what, lastSeen: () => status });
  return (await waitFor(look, wait)).image;
}
