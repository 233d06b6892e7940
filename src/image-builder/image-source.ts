import { messageOf } from '../model/message-of.ts';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { QCOW2_MAGIC, diskFormatOf } from '../model/disk-format.ts';
import { InputError, UploadImageError } from '../model/errors.ts';
import type { Cloud } from '../openstack/cloud.ts';
import { uploadImageData } from '../openstack/image-data.ts';
import type { Image } from '../openstack/images.ts';
import { feed } from '../system/feed.ts';
import { SourceError } from '../system/source-error.ts';
import { withTransferLimits } from '../system/stall-watch.ts';
import { VerifiedStream } from '../system/verified-stream.ts';
import type { Tools } from './tools.ts';
import { getStoredImage, transferLimits, wasStored } from './transfer.ts';

/** A disk image to upload: a file's path, or a stream of known size and format. */
export type ImageSource =
  string | { readonly stream: Readable; readonly size: number; readonly diskFormat: string };

/** A disk image that can be read, and what it is. */
export interface OpenImageSource {
  readonly open: () => Readable;
  /** In bytes. */
  readonly size: number;
  readonly diskFormat: string;
}

/** Looks at a source: its size, and whether it is qcow2 or raw. Throws InputError when it cannot be read. */
export async function openImageSource(source: ImageSource): Promise<OpenImageSource> {
  if (typeof source !== 'string') return { ...source, open: () => source.stream };
  try {
    const { size } = await stat(source);
    const diskFormat = diskFormatOf(await readHead(source, QCOW2_MAGIC.length), undefined);
    return { open: () => createReadStream(source), size, diskFormat };
  } catch (cause) {
    const reason = messageOf(cause);
    throw new InputError([`${source}: expected a readable disk image (${reason})`], { cause });
  }
}

async function readHead(path: string, length: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of createReadStream(path, { end: length - 1 })) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Sends a source's data into the queued image `id`; gives the image, active and with the hash of what was sent. */
export async function sendImageData(
  cloud: Cloud,
  id: string,
  source: OpenImageSource,
  tools: Tools,
): Promise<Image> {
  const verified = new VerifiedStream({ size: source.size });
  feed(
    source.open(),
    verified,
    (cause) => new SourceError(`the disk image cannot be read: ${String(cause)}`, { cause }),
  );
  const upload = withTransferLimits(
    (signal) => uploadImageData(cloud, id, { source: verified, size: source.size }, signal),
    () => ({ moved: verified.passed, size: source.size }),
    transferLimits(tools, `the upload of image ${id}`),
  );
  await upload.catch(async (cause: unknown) => {
    if (cause instanceof SourceError) throw new UploadImageError(`image ${id}: ${cause.message}`, { cause });
    if (!(await wasStored(cloud, id, cause, verified.passed === source.size, tools))) throw cause;
  });
  return getStoredImage(cloud, id, verified.sha512);
}
