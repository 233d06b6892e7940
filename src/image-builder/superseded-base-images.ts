import { baseImageName } from '../model/names.ts';
import { OWNER_KEYS, isOwnedBy } from '../model/owner.ts';
import type { Cloud } from '../openstack/cloud.ts';
import { deleteImage, listImages } from '../openstack/images.ts';
import { listServers } from '../openstack/servers.ts';
import type { BaseImage } from './base-images.ts';
import type { Tools } from './tools.ts';

/**
 * Deletes the application's base images of earlier serials, except those that a server was booted from: another
 * build is on its way from them. What cannot be deleted is told and left.
 */
export async function removeSupersededBaseImages(
  cloud: Cloud,
  current: BaseImage,
  prefix: string,
  tools: Tools,
): Promise<void> {
  const images = await listImages(cloud, baseImageName(prefix, current.base, current.arch));
  const superseded = images.filter(
    ({ id, status, properties }) =>
      id !== current.imageId &&
      status === 'active' &&
      properties[OWNER_KEYS.kind] === 'base' &&
      isOwnedBy(properties, tools.owner),
  );
  if (superseded.length === 0) return;
  const inUse = new Set((await listServers(cloud)).map((server) => server.imageId));
  for (const { id } of superseded) {
    if (inUse.has(id)) continue;
    await deleteImage(cloud, id).catch((error: unknown) => {
      tools.warn(`older base image ${id} stays: ${error instanceof Error ? error.message : String(error)}`);
    });
  }
}
