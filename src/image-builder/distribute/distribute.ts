import { messageOf } from '../../model/message-of.ts';
import type { ImageCopy } from '../../model/delivery.ts';
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
import { type PutContext, type Source, putImage } from './put-image.ts';
import { type Step, runSteps } from '../steps.ts';

const ATTEMPTS = 3;
const RETRY_DELAY_MS = 5000;

/** Everything that a distribution uses. */
export type DistributeContext = PutContext & Recorder;

/** What to put where. */
export interface DistributionRequest {
  /** The cloud that has the image. */
  readonly cloudName: string;
  readonly imageId: string;
  /** Keys of clouds.yaml, each once. */
  readonly destinations: readonly string[];
  /** What a destination in the image's own cloud gets: a copy, or a share in the image. */
  readonly within: 'copy' | 'share';
}

/** What became of a distribution. */
export interface Distribution {
  readonly imageName: string;
  readonly deliveries: readonly ImageCopy[];
}

/**
 * Puts an active image into other clouds: read once, written to all of them at the same time, without a local file. A
 * cloud that fails is tried again by itself, and tells at last why; it holds up no other. Deliveries come in the order
 * of the destinations. Throws only when the image itself cannot be read, or the work is stopped.
 */
export async function distribute(
  request: DistributionRequest,
  context: DistributeContext,
): Promise<Distribution> {
  const connection = await context.connect(request.cloudName);
  const cloud = connection.withSignal(context.signal);
  const arrived = new Map<string, ImageCopy>();
  const note = (delivery: ImageCopy): ImageCopy => {
    arrived.set(delivery.cloud, delivery);
    context.record({ images: request.destinations.flatMap((name) => arrived.get(name) ?? []) });
    return delivery;
  };
  return runSteps(context, async (step) => {
    const { cargo, convoy } = await step('read image', () => openCargo(cloud, request, context));
    const source = { connection, cargo, within: request.within, takeTurn: openProjectTurns() };
    const deliveries = request.destinations.map((name) =>
      deliver({ name, source, convoy }, step, context).then(note),
    );
    return { imageName: cargo.image.name, deliveries: await allOrFirstFailure(deliveries) };
  });
}

/** Waits for all of them, also when one fails: whatever they made they unmake themselves. */
async function allOrFirstFailure<T>(works: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(works);
  return Promise.all(works);
}

async function openCargo(
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
  const convoy = openSharedRead(data, destinations.length, { clock, signal, isHashed });
  return { cargo: { image, size: image.size, diskFormat }, convoy };
}

/** The first bytes, by a ride of their own that ends there. */
async function readHead(
  data: RangedSource,
  { clock, signal }: Pick<Deadlines, 'clock' | 'signal'>,
): Promise<Uint8Array> {
  const { lane } = await openSharedRead(data, 1, { clock, signal, isHashed: false }).join('together');
  for await (const chunk of lane) return chunk as Uint8Array; // leaving it destroys the lane
  return new Uint8Array();
}

/** One destination of a distribution. */
interface Destination {
  readonly name: string;
  readonly source: Source;
  readonly convoy: SharedRead;
}

/** Copies the image to one cloud, in several attempts if need be. */
async function deliver(
  { name, source, convoy }: Destination,
  step: Step,
  context: PutContext,
): Promise<ImageCopy> {
  const begun = context.clock.now();
  const place = reserveReader(convoy);
  let attempts = 0;
  const act = async () => {
    for (;;) {
      attempts += 1;
      try {
        return await putImage(name, source, place, context);
      } catch (error) {
        place.leave();
        if (attempts >= ATTEMPTS || !isWorthRepeating(error)) throw error;
        context.warn(`cloud ${name}: ${messageOf(error)}; trying again`);
        await context.clock.sleep(RETRY_DELAY_MS * attempts, context.signal);
      }
    }
  };
  const seconds = (): number => Math.round((context.clock.now() - begun) / 100) / 10;
  try {
    const arrived = await step(`copy image to ${name}`, act);
    return { cloud: name, ...arrived, attempts, seconds: seconds() };
  } catch (error) {
    if (error instanceof ProductError && error.kind === 'cancelled') throw error;
    const kind = failureKindOf(error);
    const reason = messageOf(error);
    return { cloud: name, outcome: 'failed', kind, reason, attempts, seconds: seconds() };
  }
}

function isWorthRepeating(error: unknown): boolean {
  return error instanceof ProductError && (error.kind === 'unavailable' || error.kind === 'build');
}
