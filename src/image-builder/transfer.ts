import { UploadImageError } from '../model/errors.ts';
import { timeoutOption } from '../model/timeouts.ts';
import type { Cloud } from '../openstack/cloud.ts';
import { type Image, findImage } from '../openstack/images.ts';
import type { TransferLimits } from '../system/stall-watch.ts';
import type { Tools } from './tools.ts';

/** The limits of one transfer of image data. */
export function transferLimits(tools: Tools, what: string): TransferLimits {
  return {
    clock: tools.clock,
    signal: tools.signal,
    what,
    timeoutMs: tools.timeouts.transferTimeout * 1000,
    timeoutOption: timeoutOption('transferTimeout'),
    stallMs: tools.timeouts.stallTimeout * 1000,
    stallOption: timeoutOption('stallTimeout'),
  };
}

/** The uploaded image, active, its hash that of what was sent where the store keeps one. Throws UploadImageError. */
export async function getStoredImage(cloud: Cloud, id: string, sha512: string | undefined): Promise<Image> {
  const image = await findImage(cloud, id);
  if (image?.status !== 'active') {
    throw new UploadImageError(
      `image ${id}: expected it to be active, got ${image?.status ?? 'no such image'}`,
    );
  }
  if (image.hash?.algorithm === 'sha512' && image.hash.value !== sha512) {
    throw new UploadImageError(`image ${id}: Glance stored other data than was sent`);
  }
  return image;
}
