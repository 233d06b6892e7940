import { createHash } from 'node:crypto';
import { type Arch, archNames } from '../model/arch.ts';
import { BASES, type Base } from '../model/base.ts';
import { CloudError, ConflictError } from '../model/cloud-errors.ts';
import { BaseImageDownloadError } from '../model/errors.ts';
import { baseImageName } from '../model/names.ts';
import { OWNER_KEYS, encodeOwner } from '../model/owner.ts';
import type { BaseImage } from '../model/program-result.ts';
import { uuidFromDigest } from '../model/uuid.ts';
import type { Cloud } from '../openstack/cloud.ts';
import { type Image, createImage, deleteImage, findImage, listImages } from '../openstack/images.ts';
import { waitFor } from '../system/wait.ts';
import { isAbandoned } from './leftovers.ts';
import { type Tools, waitOn } from './tools.ts';
import { type UbuntuImage, getUbuntuImage } from './ubuntu-images.ts';
import { uploadBaseImage } from './upload-base-image.ts';

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
  tools: Tools,
): Promise<BaseImage> {
  const source = await getUbuntuImage(tools, request.base, request.arch);
  const name = baseImageName(request.prefix, request.base, request.arch);
  const ready = (await listImages(cloud, name)).find(
    (image) => image.status === 'active' && image.properties[OWNER_KEYS.baseSha256] === source.sha256,
  );
  const found = ready ?? (await claimOrAwait(cloud, { ...request, name, source }, tools));
  const { base, arch } = request;
  return {
    base,
    arch,
    imageId: found.id,
    sha256: source.sha256,
    wasUploaded: found.properties[OWNER_KEYS.buildId] === tools.owner.buildId && ready === undefined,
  };
}

interface Wanted extends BaseImageRequest {
  readonly name: string;
  readonly source: UbuntuImage;
}

async function claimOrAwait(cloud: Cloud, wanted: Wanted, tools: Tools): Promise<Image> {
  const projectId = await cloud.projectId();
  for (let slot = 0; slot < MAXIMUM_SLOTS; slot++) {
    const digest = createHash('sha256').update(
      JSON.stringify([projectId, wanted.name, wanted.source.sha256, slot]),
    );
    const id = uuidFromDigest(digest.digest('hex'));
    if (await claim(cloud, id, wanted, tools)) return uploadBaseImage(cloud, id, wanted.source, tools);
    const other = await awaitOther(cloud, id, tools);
    if (other !== undefined) return other;
  }
  throw new BaseImageDownloadError(
    `${wanted.name}: ${MAXIMUM_SLOTS} uploads of this serial were begun and deleted; delete nothing while builds run`,
  );
}

/** Creates the record; `false` when somebody else has, now or before. */
async function claim(cloud: Cloud, id: string, wanted: Wanted, tools: Tools): Promise<boolean> {
  const properties = {
    ...encodeOwner(tools.owner),
    [OWNER_KEYS.kind]: 'base',
    [OWNER_KEYS.process]: tools.process,
    [OWNER_KEYS.baseSha256]: wanted.source.sha256,
    architecture: archNames(wanted.arch).openstack,
    os_distro: 'ubuntu',
    os_version: BASES[wanted.base],
  };
  try {
    await createImage(cloud, { id, name: wanted.name, diskFormat: 'qcow2', properties });
    return true;
  } catch (error) {
    if (
      !(error instanceof CloudError) ||
      (!(error instanceof ConflictError) && error.kind !== 'unavailable')
    ) {
      throw error;
    }
    const image = await findImage(cloud, id); // the answer to our own claim may have been lost
    const isOurs = image?.properties[OWNER_KEYS.process] === tools.process && image.status === 'queued';
    if (isOurs && image.properties[OWNER_KEYS.buildId] === tools.owner.buildId) return true;
    if (error instanceof ConflictError) return false;
    throw error;
  }
}

/** Waits for the upload of another process; `undefined` when its image is gone or will never be active. */
async function awaitOther(cloud: Cloud, id: string, tools: Tools): Promise<Image | undefined> {
  let status = 'unknown';
  const look = async (): Promise<{ image: Image | undefined } | undefined> => {
    const image = await findImage(cloud, id);
    if (image === undefined) return { image };
    status = image.status;
    if (status === 'active') return { image };
    if (status !== 'queued' && status !== 'saving') return { image: undefined };
    if (!isAbandoned(image.properties, image.createdAt, tools)) return undefined;
    await deleteImage(cloud, id);
    return { image: undefined };
  };
  const what = `base image ${id}, which another build uploads, to be active`;
  return (
    await waitFor(
      look,
      waitOn(cloud, tools.timeouts, 'imageTimeout', what, () => status),
    )
  ).image;
}
