import type { ImageCopy } from '../../model/image/image-copy.ts';
import type { Cloud, CloudConnection } from '../../openstack/cloud.ts';
import { findImage } from '../../openstack/images.ts';
import { throwIfAborted } from '../../system/wait.ts';
import type { Clouds, Deadlines, Maker, Recorder } from '../context.ts';
import type { ReaderSlot, Reader } from './shared-read.ts';
import { type SourceImage, createCopy, discardCopy, fillCopy, findCopy } from './copy.ts';
import type { TakeTurn } from './project-turns.ts';
import { shareImage } from './share.ts';
import type { ImageSweepContext } from '../cleanup/sweep.ts';
import type { TransferWatch } from './transfer.ts';
import type { WaitWatch } from '../wait-on.ts';
import { tokenOf } from './token-of.ts';

/** Everything that a copy to one cloud uses. */
export type PutContext = Clouds &
  Deadlines &
  TransferWatch &
  WaitWatch &
  Maker &
  ImageSweepContext &
  Pick<Recorder, 'warn'>;

/** The source of a distribution, with the state that all its destinations share. */
export interface DistributionSource {
  readonly connection: CloudConnection;
  readonly sourceImage: SourceImage;
  /** The way in which another project of the source's cloud gets the image. */
  readonly within: 'copy' | 'share';
  /** Serializes the copies into one project, so that it gets one copy when several names lead to it. */
  readonly takeTurn: TakeTurn;
}

/** The image in one cloud after a successful attempt. */
export type PutResult = Pick<
  Extract<ImageCopy, { imageId: string }>,
  'imageId' | 'outcome' | 'provenBy' | 'bytes'
>;

/** Makes one attempt to put the image into a cloud. Transfers no data when the cloud has the image or may share it. */
export async function putImage(
  name: string,
  source: DistributionSource,
  slot: ReaderSlot,
  context: PutContext,
): Promise<PutResult> {
  const connection = await context.connect(name);
  const keys = await projectKeys(connection.withSignal(context.signal));
  // leaving the shared read prevents a deadlock: the earlier turn waits for all readers to join, this one for its end
  return source.takeTurn(keys, slot.leave, () => {
    throwIfAborted(context.signal);
    return putInTurn(connection, source, slot, context);
  });
}

/** Returns the keys of a project: its key in Keystone, and the Glance that has its images with the project's id. */
async function projectKeys(cloud: Cloud): Promise<readonly string[]> {
  const token = await tokenOf(cloud);
  return [await cloud.projectKey(), `${cloud.imageEndpoint(token)} ${token.projectId}`];
}

async function putInTurn(
  connection: CloudConnection,
  source: DistributionSource,
  slot: ReaderSlot,
  context: Omit<PutContext, keyof Clouds>,
): Promise<PutResult> {
  const { sourceImage } = source;
  const result = await putWithoutData(source, connection.withSignal(context.signal), context);
  if (result !== undefined) {
    slot.leave();
    return result;
  }
  const id = await createCopy(connection, sourceImage, context);
  const reader = await joinOrDiscard(slot, connection, id, context);
  const provenBy = await fillCopy(connection, id, { sourceImage, reader }, context);
  return { imageId: id, outcome: 'copied', provenBy, bytes: sourceImage.size };
}

async function putWithoutData(
  source: DistributionSource,
  destination: Cloud,
  { signal }: Pick<Deadlines, 'signal'>,
): Promise<PutResult | undefined> {
  const { image } = source.sourceImage;
  const relation = await compareClouds(source.connection.withSignal(signal), destination);
  if (relation === 'same project' && (await findImage(destination, image.id))?.status === 'active') {
    return { imageId: image.id, outcome: 'itself', provenBy: 'same image' };
  }
  if (relation === 'same cloud' && source.within === 'share') {
    await shareImage(source.connection, destination, image);
    return { imageId: image.id, outcome: 'shared', provenBy: 'same image' };
  }
  const copy = await findCopy(destination, source.sourceImage);
  return copy && { imageId: copy.id, outcome: 'already there', provenBy: copy.provenBy };
}

async function joinOrDiscard(
  slot: ReaderSlot,
  connection: CloudConnection,
  id: string,
  recorder: Pick<Recorder, 'warn'>,
): Promise<Reader> {
  try {
    return await slot.join();
  } catch (error) {
    await discardCopy(connection, id, recorder);
    throw error;
  }
}

/** Compares two clouds of clouds.yaml by project and by Glance; one Keystone may have several Glance services. */
export async function compareClouds(
  a: Cloud,
  b: Cloud,
): Promise<'same project' | 'same cloud' | 'different clouds'> {
  const [first, second] = await Promise.all([tokenOf(a), tokenOf(b)]);
  if ((await a.projectKey()) === (await b.projectKey())) return 'same project';
  if (a.imageEndpoint(first) !== b.imageEndpoint(second)) return 'different clouds';
  return first.projectId === second.projectId ? 'same project' : 'same cloud';
}
