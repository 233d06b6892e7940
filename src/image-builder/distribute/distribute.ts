import { messageOf } from '../../model/text/message-of.ts';
import type { ImageCopy } from '../../model/image/image-copy.ts';
import { diskFormatOf } from '../../model/image/disk-format.ts';
import { InputError, ProductError, failureKindOf } from '../../model/errors.ts';
import { connectionError } from '../../openstack/api/response-errors.ts';
import type { Cloud } from '../../openstack/cloud.ts';
import { openImageData } from '../../openstack/image-data.ts';
import { findImage } from '../../openstack/images.ts';
import type { RangedSource } from '../../system/streams/fan-out.ts';
import { peekSource } from '../../system/streams/peek.ts';
import type { Clouds, Deadlines, Recorder } from '../context.ts';
import { type SharedRead, openSharedRead, reserveReader } from './shared-read.ts';
import { openProjectTurns } from './project-turns.ts';
import { type PutContext, type DistributionSource, compareClouds, putImage } from './put-image.ts';
import { type Step, type StepWatch, runSteps } from '../steps.ts';
import { tokenOf } from './token-of.ts';

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
  void logInto(request.destinations, context);
  return runSteps(context, async (step) => {
    const { sourceImage, sharedRead, close } = await step('read image', () =>
      openSource(cloud, request, context),
    );
    const source = { connection, sourceImage, within: request.within, takeTurn: openProjectTurns() };
    const copies = request.destinations.map((name) =>
      copyToCloud({ name, source, sharedRead }, step, context).then(record),
    );
    const results = await allOrFirstFailure(copies).finally(close);
    return { imageName: sourceImage.image.name, results };
  });
}

/** Requests the tokens of the destinations while the source is opened. Their copies report a failure. */
async function logInto(
  names: readonly string[],
  { connect, signal }: Clouds & Pick<Deadlines, 'signal'>,
): Promise<void> {
  await Promise.allSettled(names.map(async (name) => tokenOf((await connect(name)).withSignal(signal))));
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
  const explain = (cause: unknown): Error =>
    connectionError({ cloud: source.name, service: 'image', operation: `read image ${imageId}` }, cause);
  const data: RangedSource = {
    size: image.size,
    open: (offset, signal) => openImageData(source, imageId, offset, signal),
    explain,
  };
  const peeked = await peekSource(data, { clock, signal, attempts: ATTEMPTS }).catch((error: unknown) => {
    throw error instanceof ProductError ? error : explain(error);
  });
  const diskFormat = diskFormatOf(peeked.head, image.diskFormat);
  const isHashed = image.hash === undefined || image.checksum === undefined;
  const sharedRead = openSharedRead(peeked, destinations.length, { clock, signal, isHashed });
  return { sourceImage: { image, size: image.size, diskFormat }, sharedRead, close: peeked.close };
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
  const stepName = await nameStep(name, source, context);
  let attempts = 0;
  const attemptUntilDone = async (watch: StepWatch) => {
    for (;;) {
      attempts += 1;
      try {
        return await putImage(name, source, slot, { ...context, ...watch });
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
    const result = await step(stepName, attemptUntilDone);
    return { cloud: name, ...result, attempts, seconds: seconds() };
  } catch (error) {
    if (error instanceof ProductError && error.kind === 'cancelled') throw error;
    const kind = failureKindOf(error);
    const reason = messageOf(error);
    return { cloud: name, outcome: 'failed', kind, reason, attempts, seconds: seconds() };
  }
}

/**
 * Returns the name of the step for one destination. With `--share`, a destination in another cloud gets a copy. So does one
 * whose log-in fails, which its step reports.
 */
async function nameStep(
  name: string,
  { connection, within }: DistributionSource,
  { connect, signal }: Clouds & Pick<Deadlines, 'signal'>,
): Promise<string> {
  const copy = `copy image to ${name}`;
  if (within === 'copy') return copy;
  const compare = async () =>
    compareClouds(connection.withSignal(signal), (await connect(name)).withSignal(signal));
  const relation = await compare().catch(() => undefined);
  return relation === 'same cloud' ? `share image with ${name}` : copy;
}

function isRetryable(error: unknown): boolean {
  return error instanceof ProductError && (error.kind === 'unavailable' || error.kind === 'build');
}
