import { CloudError } from '../model/cloud-errors.ts';
import { UploadImageError } from '../model/errors.ts';
import { timeoutOption } from '../model/timeouts.ts';
import type { Cloud } from '../openstack/cloud.ts';
import { type Image, findImage } from '../openstack/images.ts';
import type { TransferLimits } from '../system/stall-watch.ts';
import { waitFor } from '../system/wait.ts';
import { type Tools, waitOn } from './tools.ts';

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

/**
 * Did an upload that failed arrive all the same? The answer to a whole upload may be lost while Glance still stores it
 * (a load balancer gives up sooner): then the image tells.
 */
export async function wasStored(
  cloud: Cloud,
  id: string,
  error: unknown,
  isAllSent: boolean,
  tools: Tools,
): Promise<boolean> {
  if (!(error instanceof CloudError) || !isAllSent) return false;
  let status = 'unknown';
  const look = async (): Promise<string | undefined> => {
    status = (await findImage(cloud, id))?.status ?? 'gone';
    return status === 'saving' ? undefined : status;
  };
  const wait = waitOn(cloud, tools.timeouts, 'imageTimeout', `image ${id} to be stored`, () => status);
  return (await waitFor(look, wait).catch(() => undefined)) === 'active';
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
