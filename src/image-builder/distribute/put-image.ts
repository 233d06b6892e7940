import type { ImageCopy } from '../../model/delivery.ts';
import type { Cloud, CloudConnection } from '../../openstack/cloud.ts';
import { findImage } from '../../openstack/images.ts';
import { throwIfAborted } from '../../system/wait.ts';
import type { Clouds, Deadlines, Maker, Recorder } from '../context.ts';
import type { ReaderSlot, Reader } from './shared-read.ts';
import { type SourceImage, createCopy, discardCopy, fillCopy, findCopy } from './copy.ts';
import type { TakeTurn } from './project-turns.ts';
import { shareImage } from './share.ts';
import type { ImageSweepContext } from '../cleanup/sweep.ts';
import { tokenOf } from './token-of.ts';

/** Everything that an image is put into a cloud with. */
export type PutContext = Clouds & Deadlines & Maker & ImageSweepContext & Pick<Recorder, 'warn'>;

/** The image, the cloud that has it, and what destinations in that cloud get. */
export interface Source {
  readonly connection: CloudConnection;
  readonly cargo: SourceImage;
  readonly within: 'copy' | 'share';
  /** Of the whole distribution: a project gets one copy, whatever names lead to it. */
  readonly takeTurn: TakeTurn;
}

/** What became of one try that came through. */
export type Arrived = Pick<Extract<ImageCopy, { imageId: string }>, 'imageId' | 'outcome' | 'provenBy'>;

/** Puts the image into one cloud, once: where it is already, or may be shared, no data moves. */
export async function putImage(
  name: string,
  source: Source,
  place: ReaderSlot,
  context: PutContext,
): Promise<Arrived> {
  const connection = await context.connect(name);
  const names = await projectNames(connection.withSignal(context.signal));
  // those before us would wait for us to join the convoy, and we for them to end
  return source.takeTurn(names, place.leave, () => {
    throwIfAborted(context.signal);
    return putInTurn(connection, source, place, context);
  });
}

/** A project is the same if its Keystone calls it so, and also if one Glance keeps its images. */
async function projectNames(cloud: Cloud): Promise<readonly string[]> {
  const token = await tokenOf(cloud);
  return [await cloud.projectKey(), `${cloud.imageEndpoint(token)} ${token.projectId}`];
}

async function putInTurn(
  connection: CloudConnection,
  source: Source,
  place: ReaderSlot,
  context: Omit<PutContext, keyof Clouds>,
): Promise<Arrived> {
  const { cargo } = source;
  const arrived = await putWithoutData(source, connection.withSignal(context.signal), context);
  if (arrived !== undefined) {
    place.leave();
    return arrived;
  }
  const id = await createCopy(connection, cargo, context);
  const ride = await joinOrDiscard(place, connection, id, context);
  const provenBy = await fillCopy(connection, id, { cargo, ride }, context);
  return { imageId: id, outcome: 'copied', provenBy };
}

async function putWithoutData(
  source: Source,
  destination: Cloud,
  { signal }: Pick<Deadlines, 'signal'>,
): Promise<Arrived | undefined> {
  const { image } = source.cargo;
  const relation = await compare(source.connection.withSignal(signal), destination);
  if (relation === 'same project' && (await findImage(destination, image.id))?.status === 'active') {
    return { imageId: image.id, outcome: 'itself', provenBy: 'same image' };
  }
  if (relation === 'same cloud' && source.within === 'share') {
    await shareImage(source.connection, destination, image);
    return { imageId: image.id, outcome: 'shared', provenBy: 'same image' };
  }
  const copy = await findCopy(destination, source.cargo);
  return copy && { imageId: copy.id, outcome: 'already there', provenBy: copy.provenBy };
}

async function joinOrDiscard(
  place: ReaderSlot,
  connection: CloudConnection,
  id: string,
  recorder: Pick<Recorder, 'warn'>,
): Promise<Reader> {
  try {
    return await place.join();
  } catch (error) {
    await discardCopy(connection, id, recorder);
    throw error;
  }
}

/** How two clouds of clouds.yaml relate: by their names, or by their Glance (one Keystone may have several). */
async function compare(a: Cloud, b: Cloud): Promise<'same project' | 'same cloud' | 'different clouds'> {
  const [first, second] = await Promise.all([tokenOf(a), tokenOf(b)]);
  if ((await a.projectKey()) === (await b.projectKey())) return 'same project';
  if (a.imageEndpoint(first) !== b.imageEndpoint(second)) return 'different clouds';
  return first.projectId === second.projectId ? 'same project' : 'same cloud';
}
