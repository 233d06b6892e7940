import { messageOf } from '../../model/message-of.ts';
import type { ImageCopy } from '../../model/image-copy.ts';
import { diskFormatOf } from '../../model/disk-format.ts';
import { InputError, ProductError, failureKindOf } from '../../model/errors.ts';
import { connectionError } from '../../openstack/response-errors.ts';
import type { Cloud } from '../../openstack/cloud.ts';
import { openImageData } from '../../openstack/image-data.ts';
import { findImage } from '../../openstack/images.ts';
import type { RangedSource } from '../../system/streams/fan-out.ts';
import type { Deadlines, Recorder } from '../context.ts';
import { type SharedRead, openSharedRead, reserveReader } from './shared-read.ts';
import { openProjectTurns } from './project-turns.ts';
import { type PutContext, type DistributionSource, putImage } from './put-image.ts';
import { type Step, runSteps } from '../steps.ts';

const ATTEMPTS = 3;
const RETRY_DELAY_MS = 5000;

/** Everything that a distribution uses. */
export type DistributeContext = PutContext & Recorder;

/** An image and the clouds to distribute it to. */
export interface DistributionRequest {
  /** The cloud that has the image. */
  readonly cloudName: string;
  readonly imageId: string;
  /** Keys of clouds.yaml, each once. */
  readonly destinations: readonly string[];
  /** The way in which another project of the image's cloud gets it: as a copy, or shared. */
  readonly within: 'copy' | 'share';
}

/** The result of a distribution. */
export interface Distribution {
  readonly imageName: string;
  /** One result for each destination, in their order. */
  readonly results: readonly ImageCopy[];
}

/**
 * Copies an active image into other clouds. The image is read once and written to all of them at the same time, without
 * a local file. A copy that fails is retried alone and does not delay the others; the result has its last failure.
 * Throws only when the image cannot be read or the signal is aborted.
 */
export async function distribute(
  request: DistributionRequest,
  context: DistributeContext,
): Promise<Distribution> {
  const connection = await context.connect(request.cloudName);
  const cloud = connection.withSignal(context.signal);
  const byCloud = new Map<string, ImageCopy>();
  const record = (result: ImageCopy): ImageCopy => {
    byCloud.set(result.cloud, result);
    context.record({ images: request.destinations.flatMap((name) => byCloud.get(name) ?? []) });
    return result;
  };
  return runSteps(context, async (step) => {
    const { sourceImage, sharedRead } = await step('read image', () => openSource(cloud, request, context));
    const source = { connection, sourceImage, within: request.within, takeTurn: openProjectTurns() };
    const copies = request.destinations.map((name) =>
      copyToCloud({ name, source, sharedRead }, step, context).then(record),
    );
    return { imageName: sourceImage.image.name, results: await allOrFirstFailure(copies) };
  });
}

/** Waits for all copies, even after one has failed, so that each can delete its unfinished image. */
async function allOrFirstFailure<T>(copies: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(copies);
  return Promise.all(copies);
}

async function openSource(
  source: Cloud,
  { imageId, destinations }: DistributionRequest,
  { clock, signal }: Pick<Deadlines, 'clock' | 'signal'>,
) {
  const image = await findImage(source, imageId);
  if (image?.status !== 'active' || image.size === undefined) {
    const got = image === undefined ? 'none that the project sees' : `one that is ${image.status}`;
    throw new InputError([`image ${imageId} in cloud ${source.name}: expected an active image, got ${got}`]);
  }
  const data: RangedSource = {
    size: image.size,
    open: (offset, signal) => openImageData(source, imageId, offset, signal),
    explain: (cause) =>
      connectionError({ cloud: source.name, service: 'image', operation: `read image ${imageId}` }, cause),
  };
  const diskFormat = diskFormatOf(await readHead(data, { clock, signal }), image.diskFormat);
  const isHashed = image.hash === undefined || image.checksum === undefined;
  const sharedRead = openSharedRead(data, destinations.length, { clock, signal, isHashed });
  return { sourceImage: { image, size: image.size, diskFormat }, sharedRead };
}

/** Reads the first chunk of the data with a read of its own. */
async function readHead(
  data: RangedSource,
  { clock, signal }: Pick<Deadlines, 'clock' | 'signal'>,
): Promise<Uint8Array> {
  const { buffer } = await openSharedRead(data, 1, { clock, signal, isHashed: false }).join('together');
  for await (const chunk of buffer) return chunk as Uint8Array; // the return destroys the stream
  return new Uint8Array();
}

/** One destination of a distribution. */
interface Destination {
  readonly name: string;
  readonly source: DistributionSource;
  readonly sharedRead: SharedRead;
}

/** Copies the image to one cloud, with retries. */
async function copyToCloud(
  { name, source, sharedRead }: Destination,
  step: Step,
  context: PutContext,
): Promise<ImageCopy> {
  const startedAt = context.clock.now();
  const slot = reserveReader(sharedRead);
  let attempts = 0;
  const attemptUntilDone = async () => {
    for (;;) {
      attempts += 1;
      try {
        return await putImage(name, source, slot, context);
      } catch (error) {
        slot.leave();
        if (attempts >= ATTEMPTS || !isRetryable(error)) throw error;
        context.warn(`cloud ${name}: ${messageOf(error)}; trying again`);
        await context.clock.sleep(RETRY_DELAY_MS * attempts, context.signal);
      }
    }
  };
  const seconds = (): number => Math.round((context.clock.now() - startedAt) / 100) / 10;
  try {
    const result = await step(`copy image to ${name}`, attemptUntilDone);
    return { cloud: name, ...result, attempts, seconds: seconds() };
  } catch (error) {
    if (error instanceof ProductError && error.kind === 'cancelled') throw error;
    const kind = failureKindOf(error);
    const reason = messageOf(error);
    return { cloud: name, outcome: 'failed', kind, reason, attempts, seconds: seconds() };
  }
}

function isRetryable(error: unknown): boolean {
  return error instanceof ProductError && (error.kind === 'unavailable' || error.kind === 'build');
}
