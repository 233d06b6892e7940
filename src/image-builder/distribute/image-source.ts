import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { QCOW2_MAGIC, diskFormatOf } from '../../model/image/disk-format.ts';
import { InputError } from '../../model/errors.ts';
import { messageOf } from '../../model/text/message-of.ts';
import { pipeWithErrors } from '../../system/streams/pipe-with-errors.ts';
import { SourceError } from '../../system/streams/source-error.ts';
import { VerifiedStream } from '../../system/streams/verified-stream.ts';

/** Image data that is being read. */
export interface OpenData {
  readonly stream: Readable;
  /** In bytes. */
  readonly size: number;
  /** Returns how many bytes have been read so far. */
  readonly moved: () => number;
}

/** A source of image data. */
export interface DataSource<Data extends OpenData = OpenData> {
  /** The transfer as errors name it. */
  readonly what: string;
  /** Opens the data at its beginning. A source that fails throws a SourceError, here or on the stream. */
  readonly open: (signal: AbortSignal) => Promise<Data>;
  /** Returns the error for a source that failed; UploadImageError when absent. */
  readonly explain?: (error: SourceError) => Error;
}

/** Image data that is verified while it is read. */
export interface VerifiedData extends OpenData {
  /** Returns the SHA-512 of all data in hex; undefined before the end. */
  readonly sha512: () => string | undefined;
}

/** A source of a new image's data. */
export interface ImageSource extends DataSource<VerifiedData> {
  /** The number of times that a transfer may start. */
  readonly attempts: number;
}

/** A disk image in a file. */
export interface ImageFile {
  readonly source: ImageSource;
  readonly diskFormat: string;
}

/** Reads the size and the format of a disk image, qcow2 or raw. Throws InputError when it cannot be read. */
export async function openImageFile(path: string): Promise<ImageFile> {
  try {
    const { size } = await stat(path);
    const diskFormat = diskFormatOf(await readHead(path, QCOW2_MAGIC.length), undefined);
    const open = (): Promise<VerifiedData> => Promise.resolve(openFile(path, size));
    return { source: { what: `the upload of ${path}`, attempts: 1, open }, diskFormat };
  } catch (cause) {
    const reason = messageOf(cause);
    throw new InputError([`${path}: expected a readable disk image (${reason})`], { cause });
  }
}

function openFile(path: string, size: number): VerifiedData {
  const verified = new VerifiedStream({ size });
  const explain = (cause: unknown): SourceError =>
    new SourceError(`the disk image cannot be read: ${String(cause)}`, { cause });
  pipeWithErrors(createReadStream(path), verified, explain);
  return asData(verified, size);
}

/** Returns a verified stream as image data. */
export function asData(stream: VerifiedStream, size: number): VerifiedData {
  return { stream, size, moved: () => stream.passed, sha512: () => stream.sha512 };
}

async function readHead(path: string, length: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of createReadStream(path, { end: length - 1 })) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
