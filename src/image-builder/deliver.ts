import { UploadImageError } from '../model/errors.ts';
import { unfinishedImageName } from '../model/names.ts';
import { OWNER_KEYS, carriedProperties } from '../model/owner.ts';
import { type Proof, proveCopy } from '../model/proof.ts';
import type { Cloud, CloudConnection } from '../openstack/cloud.ts';
import { uploadImageData } from '../openstack/image-data.ts';
import { type Image, createImage, deleteImage, findImage, listImages } from '../openstack/images.ts';
import type { Lane } from '../system/lane.ts';
import { withTransferLimits } from '../system/stall-watch.ts';
import { buildMetadata, nameImage } from './server-image.ts';
import { sweepImages } from './sweep.ts';
import type { Tools } from './tools.ts';
import { transferLimits } from './transfer.ts';

/** An image to deliver: its record, and what its data really is. */
export interface Cargo {
  readonly image: Image;
  /** In bytes. */
  readonly size: number;
  readonly diskFormat: string;
  /** The hashes of the data as it was read, where the source's store keeps none. */
  readonly hashes: () => ReadonlyMap<string, string>;
}

/** How a copy was proven; a proof that failed is thrown. */
export type ProvenBy = Extract<Proof, { isSame: true }>['by'];

/** A copy of the cargo that is in the cloud and was proven before; `undefined` when there is none. */
export async function findCopy(
  cloud: Cloud,
  cargo: Cargo,
): Promise<{ id: string; provenBy: ProvenBy } | undefined> {
  for (const copy of await listImages(cloud, cargo.image.name)) {
    const isCopy = copy.properties[OWNER_KEYS.source] === cargo.image.id && copy.status === 'active';
    const proof = proveCopy(cargo.image, copy, new Map());
    if (isCopy && proof.isSame) return { id: copy.id, provenBy: proof.by };
  }
  return undefined;
}

/** Makes the record of the copy, under an unfinished name; it has no data yet. */
export async function createCopy(cloud: Cloud, cargo: Cargo, tools: Tools): Promise<Image> {
  const { image, diskFormat } = cargo;
  for (const what of await sweepImages(cloud, tools)) tools.warn(`swept in cloud ${cloud.name}: ${what}`);
  return createImage(cloud, {
    name: unfinishedImageName(image.name, tools.owner.buildId),
    diskFormat,
    minDisk: image.minDisk,
    minRam: image.minRam,
    properties: { ...carriedProperties(image.properties), ...buildMetadata('runner', image.name, tools) },
  });
}

/** Sends the data into the copy, proves it, and only then gives it its name. Throws; the copy is then deleted. */
export async function fillCopy(
  connection: CloudConnection,
  copy: Image,
  cargo: Cargo,
  data: Lane,
  tools: Tools,
): Promise<ProvenBy> {
  const cloud = connection.under(tools.signal);
  try {
    await send(cloud, copy.id, cargo, data, tools);
    const provenBy = await prove(cloud, copy.id, cargo);
    const properties = { ...carriedProperties(cargo.image.properties), [OWNER_KEYS.source]: cargo.image.id };
    await nameImage(cloud, copy.id, cargo.image.name, properties);
    return provenBy;
  } catch (error) {
    await discardCopy(connection, copy.id, tools);
    throw error;
  } finally {
    data.destroy();
  }
}

/** Deletes a copy that did not come to its end, also after SIGTERM; one that stays is told. */
export async function discardCopy(connection: CloudConnection, id: string, tools: Tools): Promise<void> {
  const cloud = connection.under();
  await deleteImage(cloud, id).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    tools.warn(`left behind: image ${id} in cloud ${cloud.name}: ${reason}`);
  });
}

async function send(cloud: Cloud, id: string, { size }: Cargo, data: Lane, tools: Tools): Promise<void> {
  await withTransferLimits(
    (signal) => uploadImageData(cloud, id, { source: data, size }, signal),
    () => ({ moved: data.fed, size }),
    transferLimits(tools, `the copy of the image into cloud ${cloud.name}`),
  );
}

async function prove(cloud: Cloud, id: string, cargo: Cargo): Promise<ProvenBy> {
  const copy = await findImage(cloud, id);
  if (copy?.status !== 'active')
    throw new UploadImageError(`image ${id}: expected active, got ${copy?.status ?? 'none'}`);
  const proof = proveCopy({ ...cargo.image, size: cargo.size }, copy, cargo.hashes());
  if (!proof.isSame)
    throw new UploadImageError(`image ${id} in cloud ${cloud.name} is another: ${proof.problem}`);
  return proof.by;
}
