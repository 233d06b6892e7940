import { CloudError } from '../../model/cloud/cloud-errors.ts';
import { ProductError, UploadImageError } from '../../model/errors.ts';
import type { ReadTransfer } from '../../model/job/progress.ts';
import { timeoutOption } from '../../model/job/timeouts.ts';
import type { Cloud } from '../../openstack/cloud.ts';
import { uploadImageData } from '../../openstack/image-data.ts';
import { type Image, findImage } from '../../openstack/images.ts';
import { DownloadError } from '../../system/http/download.ts';
import { SourceError } from '../../system/streams/source-error.ts';
import { type TransferLimits, withTransferLimits } from '../../system/streams/transfer-limits.ts';
import { waitFor } from '../../system/wait.ts';
import type { Deadlines, Recorder } from '../context.ts';
import type { DataSource, ImageSource, OpenData } from './image-source.ts';
import { type WaitWatch, type Waiting, waitOn } from '../wait-on.ts';

const PAUSE_MS = 5000;
/** A source that asks for a longer pause is unavailable. */
const LONGEST_PAUSE_MS = 120_000;

/** Learns of the transfers of a step, whose progress it may read. */
export interface TransferWatch {
  readonly onTransfer?: (read: ReadTransfer) => void;
}

/** Sends a source's data into the queued image `id`, within the limits of a transfer. */
export async function sendImageData<Data extends OpenData>(
  cloud: Cloud,
  id: string,
  source: DataSource<Data>,
  context: Deadlines & TransferWatch & WaitWatch,
): Promise<Data | undefined> {
  const sent: { data?: Data } = {};
  const send = async (signal: AbortSignal): Promise<void> => {
    const data = await source.open(signal);
    sent.data = data;
    const timeoutMs = context.timeouts.transferTimeout * 1000;
    await uploadImageData(cloud, id, { source: data.stream, size: data.size, timeoutMs }, signal);
  };
  const progress = () => ({ moved: sent.data?.moved() ?? 0, size: sent.data?.size });
  context.onTransfer?.(progress);
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

/** Returns the limits of a transfer of image data. */
export function transferLimits(what: string, { clock, signal, timeouts }: Deadlines): TransferLimits {
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
async function wasStored(cloud: Cloud, id: string, context: Waiting): Promise<boolean> {
  let status = 'unknown';
  const probe = async (): Promise<string | undefined> => {
    status = (await findImage(cloud, id))?.status ?? 'gone';
    return status === 'saving' ? undefined : status;
  };
  const wait = waitOn(cloud, context, {
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
  context: Deadlines & TransferWatch & WaitWatch & Pick<Recorder, 'warn'>,
): Promise<Image> {
  for (let attempt = 1; ; attempt++) {
    try {
      const data = await sendImageData(cloud, id, source, context);
      return await getStoredImage(cloud, id, data?.sha512());
    } catch (error) {
      if (attempt >= source.attempts || !isRetryable(error)) throw error;
      const pauseMs = Math.max(PAUSE_MS * attempt, requestedPause(error, context));
      if (pauseMs > LONGEST_PAUSE_MS) throw error;
      context.warn(`${error.message}; trying again`);
      await context.clock.sleep(pauseMs, context.signal);
    }
  }
}

/** Returns the pause that the server of the source asks for, in milliseconds. */
function requestedPause({ cause }: ProductError, { clock }: Pick<Deadlines, 'clock'>): number {
  const now = clock.now();
  const retryAt = cause instanceof DownloadError ? cause.details.throttling?.retryAt?.(now) : undefined;
  return (retryAt ?? now) - now;
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
