import { pipeline } from 'node:stream';
import { BaseImageDownloadError, ProductError } from '../model/errors.ts';
import type { Cloud } from '../openstack/cloud.ts';
import { uploadImageData } from '../openstack/image-data.ts';
import { type Image, deleteImage } from '../openstack/images.ts';
import { DownloadError, openDownload } from '../system/download.ts';
import { withTransferLimits } from '../system/stall-watch.ts';
import { QCOW2, UnexpectedDataError, VerifiedStream } from '../system/verified-stream.ts';
import type { Tools } from './tools.ts';
import { getStoredImage, transferLimits } from './transfer.ts';
import type { UbuntuImage } from './ubuntu-images.ts';

const ATTEMPTS = 3;

/**
 * Streams Ubuntu's file into the queued image `id`: no local copy, checksum proven before Glance has the last byte.
 * A broken transfer is begun again, three times in all. If it fails the image is deleted.
 */
export async function uploadBaseImage(
  cloud: Cloud,
  id: string,
  source: UbuntuImage,
  tools: Tools,
): Promise<Image> {
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        return await transfer(cloud, id, source, tools);
      } catch (error) {
        if (attempt === ATTEMPTS || !(error instanceof ProductError) || error.kind === 'cancelled')
          throw error;
        tools.warn(`${error.message}; trying again`);
        await tools.clock.sleep(5000 * attempt, tools.signal);
      }
    }
  } catch (error) {
    await deleteImage(cloud, id).catch((cause: unknown) => {
      tools.warn(`left behind: image ${id}: ${cause instanceof Error ? cause.message : String(cause)}`);
    });
    throw error;
  }
}

async function transfer(cloud: Cloud, id: string, source: UbuntuImage, tools: Tools): Promise<Image> {
  let verified: VerifiedStream | undefined;
  let size: number | undefined;
  const limits = transferLimits(tools, `the transfer of ${source.url} into cloud ${cloud.name}`);
  const move = async (signal: AbortSignal): Promise<void> => {
    const response = await openDownload(tools.downloads, source.url, signal);
    size = Number(response.header('content-length'));
    verified = new VerifiedStream({ size, sha256: source.sha256, magic: QCOW2 });
    pipeline(response.body, verified, () => undefined); // its failure reaches the upload as the stream's error
    await uploadImageData(cloud, id, { source: verified, size }, signal);
  };
  try {
    await withTransferLimits(move, () => ({ moved: verified?.passed ?? 0, size }), limits);
  } catch (error) {
    throw explain(error, source);
  }
  return getStoredImage(cloud, id, verified?.sha512);
}

function explain(error: unknown, source: UbuntuImage): unknown {
  const isOurs = error instanceof DownloadError || error instanceof UnexpectedDataError;
  return isOurs ? new BaseImageDownloadError(`${source.url}: ${error.message}`, { cause: error }) : error;
}
