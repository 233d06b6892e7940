import { randomUUID } from 'node:crypto';
import { ProductError, UploadImageError } from '../../model/errors.ts';
import { messageOf } from '../../model/message-of.ts';
import { unfinishedImageName } from '../../model/names.ts';
import { OWNER_KEYS, carriedProperties } from '../../model/owner.ts';
import { type Proof, proveCopy } from '../../model/proof.ts';
import type { Cloud, CloudConnection } from '../../openstack/cloud.ts';
import { NoConnectionError } from '../../openstack/response-errors.ts';
import { type Image, createImage, deleteImage, findImage, listImages } from '../../openstack/images.ts';
import type { Reader } from './shared-read.ts';
import type { Deadlines, Recorder, RunSettings } from '../context.ts';
import type { DataSource } from './image-source.ts';
import { buildMetadata, nameImage } from '../build/server-image.ts';
import { type ImageSweepContext, sweepImages } from '../cleanup/sweep.ts';
import { sendImageData } from './transfer.ts';

/** An image to deliver: its record, and what its data really is. */
export interface SourceImage {
  readonly image: Image;
  /** In bytes. */
  readonly size: number;
  readonly diskFormat: string;
}

/** The data of a copy. */
export interface Load {
  readonly cargo: SourceImage;
  readonly ride: Reader;
}

/** How a copy was proven; a proof that failed is thrown. */
export type ProvenBy = Extract<Proof, { isSame: true }>['by'];

/**
 * A copy of the cargo that is in the cloud already: it has its name and its source's id only since it was proven, so
 * that it counts unless it is known to be another.
 */
export async function findCopy(
  cloud: Cloud,
  cargo: SourceImage,
): Promise<{ id: string; provenBy: ProvenBy | 'earlier' } | undefined> {
  for (const copy of await listImages(cloud, cargo.image.name)) {
    if (copy.properties[OWNER_KEYS.source] !== cargo.image.id || copy.status !== 'active') continue;
    const proof = proveCopy(cargo.image, copy, new Map());
    if (proof.isSame) return { id: copy.id, provenBy: proof.by };
    if (!proof.isKnown) return { id: copy.id, provenBy: 'earlier' };
  }
  return undefined;
}

/** Makes the record of the copy, under an unfinished name and without data; gives its id, which is chosen here. */
export async function createCopy(
  connection: CloudConnection,
  cargo: SourceImage,
  context: ImageSweepContext & Pick<RunSettings, 'signal' | 'process'>,
): Promise<string> {
  const { image, diskFormat } = cargo;
  const cloud = connection.withSignal(context.signal);
  for (const what of await sweepImages(cloud, context)) context.warn(`swept in cloud ${cloud.name}: ${what}`);
  const id = randomUUID();
  try {
    await createImage(cloud, {
      id,
      name: unfinishedImageName(image.name, context.owner.buildId),
      diskFormat,
      minDisk: image.minDisk,
      minRam: image.minRam,
      properties: { ...carriedProperties(image.properties), ...buildMetadata('runner', image.name, context) },
    });
    return id;
  } catch (error) {
    const wasNeverSent = error instanceof NoConnectionError && error.wasNeverSent;
    const mayExist = !wasNeverSent && error instanceof ProductError && error.kind === 'unavailable';
    if (mayExist) await discardCopy(connection, id, context); // its answer may have been lost
    throw error;
  }
}

/** Sends the data into the copy, proves it, and only then gives it its name. Throws; the copy is then deleted. */
export async function fillCopy(
  connection: CloudConnection,
  id: string,
  { cargo, ride }: Load,
  context: Deadlines & Pick<Recorder, 'warn'>,
): Promise<ProvenBy> {
  const cloud = connection.withSignal(context.signal);
  try {
    await sendImageData(cloud, id, rideSource(cloud, cargo, ride), context);
    const provenBy = await prove(cloud, id, cargo, ride);
    const properties = {
      ...carriedProperties(cargo.image.properties),
      [OWNER_KEYS.source]: cargo.image.id,
    };
    await nameImage(cloud, id, cargo.image.name, properties);
    return provenBy;
  } catch (error) {
    await discardCopy(connection, id, context);
    throw error;
  } finally {
    ride.lane.destroy();
  }
}

/** Deletes a copy that did not come to its end, also after SIGTERM; one that stays is told. */
export async function discardCopy(
  connection: CloudConnection,
  id: string,
  { warn }: Pick<Recorder, 'warn'>,
): Promise<void> {
  const cloud = connection.withSignal();
  await deleteImage(cloud, id).catch((cause: unknown) => {
    warn(`left behind: image ${id} in cloud ${cloud.name}: ${messageOf(cause)}`);
  });
}

function rideSource(cloud: Cloud, { size }: SourceImage, { lane }: Reader): DataSource {
  return {
    what: `the copy of the image into cloud ${cloud.name}`,
    open: () => Promise.resolve({ stream: lane, size, moved: () => lane.received - lane.readableLength }),
  };
}

async function prove(cloud: Cloud, id: string, cargo: SourceImage, ride: Reader): Promise<ProvenBy> {
  const copy = await findImage(cloud, id);
  if (copy?.status !== 'active') {
    throw new UploadImageError(`image ${id}: expected active, got ${copy?.status ?? 'none'}`);
  }
  const proof = proveCopy({ ...cargo.image, size: cargo.size }, copy, ride.hashes());
  if (!proof.isSame) {
    throw new UploadImageError(`image ${id} in cloud ${cloud.name} is another: ${proof.problem}`);
  }
  return proof.by;
}
