import { CloudError } from '../../model/cloud-errors.ts';
import { ProductError, UploadImageError } from '../../model/errors.ts';
import { timeoutOption } from '../../model/timeouts.ts';
import type { Cloud } from '../../openstack/cloud.ts';
import { uploadImageData } from '../../openstack/image-data.ts';
import { type Image, findImage } from '../../openstack/images.ts';
import { SourceError } from '../../system/streams/source-error.ts';
import { type TransferLimits, withTransferLimits } from '../../system/streams/transfer-limits.ts';
import { waitFor } from '../../system/wait.ts';
import type { Deadlines, Recorder } from '../context.ts';
import type { DataSource, ImageSource, OpenData } from './image-source.ts';
import { waitOn } from '../wait-on.ts';

/** Sends a source's data into the queued image `id`, within the limits of a transfer. */
export async function sendImageData<Data extends OpenData>(
  cloud: Cloud,
  id: string,
  source: DataSource<Data>,
  context: Deadlines,
): Promise<Data | undefined> {
  const sent: { data?: Data } = {};
  const send = async (signal: AbortSignal): Promise<void> => {
    const data = await source.open(signal);
    sent.data = data;
    await uploadImageData(cloud, id, { source: data.stream, size: data.size }, signal);
  };
  const progress = () => ({ moved: sent.data?.moved() ?? 0, size: sent.data?.size });
  try {
    await withTransferLimits(send, progress, transferLimits(source.what, context));
  } catch (error) {
    if (error instanceof SourceError) throw source.explain?.(error) ?? explainSource(id, error);
    const { moved, size } = progress();
    if (!(error instanceof CloudError) || moved !== size) throw error;
    if (!(await wasStored(cloud, id, context))) throw error;
  }
  return sent.data;
}

function explainSource(id: string, cause: SourceError): UploadImageError {
  return new UploadImageError(`image ${id}: ${cause.message}`, { cause });
}

function transferLimits(what: string, { clock, signal, timeouts }: Deadlines): TransferLimits {
  return {
    clock,
    signal,
    what,
    timeoutMs: timeouts.transferTimeout * 1000,
    timeoutOption: timeoutOption('transferTimeout'),
    stallMs: timeouts.stallTimeout * 1000,
    stallOption: timeoutOption('stallTimeout'),
  };
}

/**
 * Reports whether Glance stored an upload that was answered with an error after all bytes were sent. A load balancer may
 * give up while Glance still stores the data.
 */
async function wasStored(
  cloud: Cloud,
  id: string,
  { timeouts }: Pick<Deadlines, 'timeouts'>,
): Promise<boolean> {
  let status = 'unknown';
  const probe = async (): Promise<string | undefined> => {
    status = (await findImage(cloud, id))?.status ?? 'gone';
    return status === 'saving' ? undefined : status;
  };
  const wait = waitOn(cloud, timeouts, {
    timeout: 'imageTimeout',
    what: `image ${id} to be stored`,
    lastSeen: () => status,
  });
  return (await waitFor(probe, wait).catch(() => undefined)) === 'active';
}

/**
 * Sends a source's data into the queued image `id` and verifies what Glance stored. Retries a failed transfer as often
 * as the source allows.
 */
export async function sendVerifiedData(
  cloud: Cloud,
  id: string,
  source: ImageSource,
  context: Deadlines & Pick<Recorder, 'warn'>,
): Promise<Image> {
  for (let attempt = 1; ; attempt++) {
    try {
      const data = await sendImageData(cloud, id, source, context);
      return await getStoredImage(cloud, id, data?.sha512());
    } catch (error) {
      if (attempt >= source.attempts || !isRetryable(error)) throw error;
      context.warn(`${error.message}; trying again`);
      await context.clock.sleep(5000 * attempt, context.signal);
    }
  }
}

function isRetryable(error: unknown): error is ProductError {
  return error instanceof ProductError && (error.kind === 'unavailable' || error.kind === 'build');
}

/** Returns the image, active and with the hash of the data where the store keeps one. Throws UploadImageError. */
async function getStoredImage(cloud: Cloud, id: string, sha512: string | undefined): Promise<Image> {
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
