import { messageOf } from '../model/message-of.ts';
import { QCOW2_MAGIC } from '../model/disk-format.ts';
import { BaseImageDownloadError, ProductError } from '../model/errors.ts';
import type { Cloud } from '../openstack/cloud.ts';
import { uploadImageData } from '../openstack/image-data.ts';
import { type Image, deleteImage } from '../openstack/images.ts';
import { DownloadError, openDownload, tellUrl } from '../system/download.ts';
import { feed } from '../system/feed.ts';
import { SourceError } from '../system/source-error.ts';
import { withTransferLimits } from '../system/stall-watch.ts';
import { VerifiedStream } from '../system/verified-stream.ts';
import type { Tools } from './tools.ts';
import { getStoredImage, transferLimits, wasStored } from './transfer.ts';
import type { UbuntuImage } from './ubuntu-images.ts';

const ATTEMPTS = 3;
const QCOW2 = { bytes: QCOW2_MAGIC, name: 'qcow2' };

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
        if (attempt === ATTEMPTS || !isWorthRepeating(error)) throw error;
        tools.warn(`${error.message}; trying again`);
        await tools.clock.sleep(5000 * attempt, tools.signal);
      }
    }
  } catch (error) {
    await deleteImage(cloud, id).catch((cause: unknown) => {
      tools.warn(`left behind: image ${id}: ${messageOf(cause)}`);
    });
    throw error;
  }
}

function isWorthRepeating(error: unknown): error is ProductError {
  return error instanceof ProductError && (error.kind === 'unavailable' || error.kind === 'build');
}

async function transfer(cloud: Cloud, id: string, source: UbuntuImage, tools: Tools): Promise<Image> {
  let verified: VerifiedStream | undefined;
  let size: number | undefined;
  const limits = transferLimits(tools, `the transfer of ${tellUrl(source.url)} into cloud ${cloud.name}`);
  const move = async (signal: AbortSignal): Promise<void> => {
    const response = await openDownload(tools.downloads, source.url, signal);
    size = Number(response.header('content-length') ?? Number.NaN);
    if (!Number.isSafeInteger(size)) {
      response.body.destroy();
      throw new DownloadError('expected a Content-Length, got none');
    }
    verified = new VerifiedStream({ size, sha256: source.sha256, magic: QCOW2 });
    feed(response.body, verified, (cause) => new DownloadError('the download broke off', { cause }));
    await uploadImageData(cloud, id, { source: verified, size }, signal);
  };
  try {
    await withTransferLimits(move, () => ({ moved: verified?.passed ?? 0, size }), limits);
  } catch (error) {
    const isAllSent = verified !== undefined && verified.passed === size;
    if (!(await wasStored(cloud, id, error, isAllSent, tools))) throw explain(error, source);
  }
  return getStoredImage(cloud, id, verified?.sha512);
}

function explain(error: unknown, source: UbuntuImage): unknown {
  if (!(error instanceof SourceError)) return error;
  return new BaseImageDownloadError(`${tellUrl(source.url)}: ${error.message}`, { cause: error });
}
