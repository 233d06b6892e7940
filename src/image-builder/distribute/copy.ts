import { randomUUID } from 'node:crypto';
import { ProductError, UploadImageError } from '../../model/errors.ts';
import { messageOf } from '../../model/text/message-of.ts';
import { unfinishedImageName } from '../../model/image/names.ts';
import { OWNER_KEYS, carriedProperties } from '../../model/owner.ts';
import { type Proof, proveCopy } from '../../model/image/proof.ts';
import type { Cloud, CloudConnection } from '../../openstack/cloud.ts';
import { NoConnectionError } from '../../openstack/api/response-errors.ts';
import { type Image, createImage, deleteImage, findImage, listImages } from '../../openstack/images.ts';
import type { Reader } from './shared-read.ts';
import type { Deadlines, Recorder, RunSettings } from '../context.ts';
import type { DataSource } from './image-source.ts';
import { buildMetadata, nameImage } from '../build/server-image.ts';
import { type ImageSweepContext, sweepImages } from '../cleanup/sweep.ts';
import { type TransferWatch, sendImageData } from './transfer.ts';
import type { WaitWatch } from '../wait-on.ts';

/** An image to copy, with its known size and the format that its data really has. */
export interface SourceImage {
  readonly image: Image;
  /** In bytes. */
  readonly size: number;
  readonly diskFormat: string;
}

/** The source of a copy's data. */
export interface CopyData {
  readonly sourceImage: SourceImage;
  readonly reader: Reader;
}

/** The evidence that a copy is identical to its source. */
export type ProvenBy = Extract<Proof, { isSame: true }>['by'];

/**
 * Finds an earlier copy of the image in the cloud. A copy gets its name and its source's id only after its proof, so it
 * is accepted unless its hashes show a difference.
 */
export async function findCopy(
  cloud: Cloud,
  sourceImage: SourceImage,
): Promise<{ id: string; provenBy: ProvenBy | 'earlier' } | undefined> {
  for (const copy of await listImages(cloud, sourceImage.image.name)) {
    if (copy.properties[OWNER_KEYS.source] !== sourceImage.image.id || copy.status !== 'active') continue;
    const proof = proveCopy(sourceImage.image, copy, new Map());
    if (proof.isSame) return { id: copy.id, provenBy: proof.by };
    if (!proof.isKnown) return { id: copy.id, provenBy: 'earlier' };
  }
  return undefined;
}

/** Creates the copy's record without data, under an unfinished name. Returns its id, which is chosen here. */
export async function createCopy(
  connection: CloudConnection,
  sourceImage: SourceImage,
  context: ImageSweepContext & Pick<RunSettings, 'signal' | 'process'>,
): Promise<string> {
  const { image, diskFormat } = sourceImage;
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
    if (mayExist) await discardCopy(connection, id, context); // the response may have been lost
    throw error;
  }
}

/** Sends the data, proves the copy, and then gives it its name. Deletes the copy after a failure. */
export async function fillCopy(
  connection: CloudConnection,
  id: string,
  { sourceImage, reader }: CopyData,
  context: Deadlines & TransferWatch & WaitWatch & Pick<Recorder, 'warn'>,
): Promise<ProvenBy> {
  const cloud = connection.withSignal(context.signal);
  try {
    await sendImageData(cloud, id, openReader(cloud, sourceImage, reader), context);
    const provenBy = await prove(cloud, id, sourceImage, reader);
    const properties = {
      ...carriedProperties(sourceImage.image.properties),
      [OWNER_KEYS.source]: sourceImage.image.id,
    };
    await nameImage(cloud, id, { name: sourceImage.image.name, properties });
    return provenBy;
  } catch (error) {
    await discardCopy(connection, id, context);
    throw error;
  } finally {
    reader.buffer.destroy();
  }
}

/** Deletes an unfinished copy, even after SIGTERM. Warns when the copy cannot be deleted. */
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

function openReader(cloud: Cloud, { size }: SourceImage, { buffer }: Reader): DataSource {
  return {
    what: `the copy of the image into cloud ${cloud.name}`,
    open: () =>
      Promise.resolve({ stream: buffer, size, moved: () => buffer.received - buffer.readableLength }),
  };
}

async function prove(cloud: Cloud, id: string, sourceImage: SourceImage, reader: Reader): Promise<ProvenBy> {
  const copy = await findImage(cloud, id);
  if (copy?.status !== 'active') {
    throw new UploadImageError(
      `image ${id} in cloud ${cloud.name}: expected it to be active, got ${copy?.status ?? 'no such image'}`,
    );
  }
  const proof = proveCopy({ ...sourceImage.image, size: sourceImage.size }, copy, reader.hashes());
  if (!proof.isSame) {
    throw new UploadImageError(
      `image ${id} in cloud ${cloud.name} differs from its source: ${proof.problem}`,
    );
  }
  return proof.by;
}
