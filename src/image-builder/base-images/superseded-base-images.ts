import { messageOf } from '../../model/text/message-of.ts';
import { baseImageName } from '../../model/image/names.ts';
import { OWNER_KEYS, isOwnedBy } from '../../model/owner.ts';
import type { BaseImage } from '../../model/program-result.ts';
import type { Cloud } from '../../openstack/cloud.ts';
import { deleteImage, listImages } from '../../openstack/images.ts';
import { listBootImageIds } from '../../openstack/servers.ts';
import type { Recorder, RunSettings } from '../context.ts';

/** The time in which a build that chose the older image has booted from it. */
const GRACE_MS = 3600 * 1000;

/**
 * Deletes the application's base images whose serial was superseded at least an hour ago. Keeps images that a server was
 * booted from, because another build uses them. Warns about an image that cannot be deleted.
 */
export async function removeSupersededBaseImages(
  cloud: Cloud,
  current: BaseImage,
  prefix: string,
  context: Pick<RunSettings, 'owner' | 'clock'> & Pick<Recorder, 'warn'>,
): Promise<void> {
  const images = await listImages(cloud, baseImageName(prefix, current.base, current.arch));
  const superseded = images.filter(
    ({ id, status, properties }) =>
      id !== current.imageId &&
      status === 'active' &&
      properties[OWNER_KEYS.kind] === 'base' &&
      isOwnedBy(properties, context.owner),
  );
  const since = images.find(({ id }) => id === current.imageId)?.createdAt ?? '';
  const isGraceOver = context.clock.now() - Date.parse(since) > GRACE_MS;
  if (superseded.length === 0 || !isGraceOver) return;
  const inUse = await listBootImageIds(cloud);
  for (const { id } of superseded) {
    if (inUse.has(id)) continue;
    await deleteImage(cloud, id).catch((error: unknown) => {
      context.warn(`older base image ${id} was not deleted: ${messageOf(error)}`);
    });
  }
}
