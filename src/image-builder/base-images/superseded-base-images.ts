import { messageOf } from '../../model/message-of.ts';
import { baseImageName } from '../../model/names.ts';
import { OWNER_KEYS, isOwnedBy } from '../../model/owner.ts';
import type { BaseImage } from '../../model/program-result.ts';
import type { Cloud } from '../../openstack/cloud.ts';
import { deleteImage, listImages } from '../../openstack/images.ts';
import { listServers } from '../../openstack/servers.ts';
import type { Recorder, RunSettings } from '../context.ts';

/** A build that chose the older one just before has booted from it by then. */
const GRACE_MS = 3600 * 1000;

/**
 * Deletes the application's base images of serials that were superseded an hour ago or longer, except those that a server was booted from: another
 * build is on its way from them. What cannot be deleted is told and left.
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
  const isSettled = context.clock.now() - Date.parse(since) > GRACE_MS;
  if (superseded.length === 0 || !isSettled) return;
  const inUse = new Set((await listServers(cloud)).map((server) => server.imageId));
  for (const { id } of superseded) {
    if (inUse.has(id)) continue;
    await deleteImage(cloud, id).catch((error: unknown) => {
      context.warn(`older base image ${id} stays: ${messageOf(error)}`);
    });
  }
}
