import type { Readable } from 'node:stream';
import { constants, createGunzip, createInflate, createInflateRaw } from 'node:zlib';

/** The limits of a body that is read as a whole. */
interface BodyLimits {
  /** The largest size in bytes, after decompression. */
  readonly maximum: number;
  /** The Content-Encoding of the response. Default: identity. */
  readonly encoding?: string | undefined;
}

/** The beginning of a body as UTF-8. It is cut when the body is longer than the maximum. */
interface BoundedText {
  readonly text: string;
  readonly isCut: boolean;
}

interface BoundedBytes {
  readonly bytes: Buffer;
  readonly isCut: boolean;
}

/**
 * Reads a body as UTF-8, up to `maximum` bytes after decompression. Destroys a longer body and returns its beginning.
 * Rejects for a body that breaks off, for damaged compressed data, and for encodings other than gzip and deflate.
 */
export async function readBounded(body: Readable, { maximum, encoding }: BodyLimits): Promise<BoundedText> {
  const name = (encoding ?? '').trim().toLowerCase();
  if (!['', 'identity', 'gzip', 'x-gzip', 'deflate'].includes(name)) {
    body.destroy();
    throw new Error('the Content-Encoding is neither gzip nor deflate');
  }
  const isPlain = name === '' || name === 'identity';
  const received = await readBytes(body, isPlain ? maximum : maximum + compressionOverhead(maximum));
  const { bytes, isCut } =
    isPlain || received.bytes.length === 0 ? received : await decompress(received, name, maximum);
  return { text: bytes.toString('utf8'), isCut };
}

/** Returns the size that gzip and deflate add at most to data that cannot be compressed, generously. */
function compressionOverhead(size: number): number {
  return Math.ceil(size / 1000) + 1024;
}

async function readBytes(body: Readable, maximum: number): Promise<BoundedBytes> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    const bytes = Buffer.from(chunk as Uint8Array);
    chunks.push(bytes);
    size += bytes.length;
    if (size > maximum) break; // leaving the loop destroys the stream
  }
  return { bytes: Buffer.concat(chunks).subarray(0, maximum), isCut: size > maximum };
}

/** Decompresses step by step and stops at `maximum`, so that a small body cannot fill the memory. */
async function decompress(received: BoundedBytes, encoding: string, maximum: number): Promise<BoundedBytes> {
  const { bytes, isCut } = received;
  const options = isCut ? { finishFlush: constants.Z_SYNC_FLUSH } : {}; // accepts data without its end
  const stream =
    encoding === 'deflate'
      ? hasZlibHeader(bytes)
        ? createInflate(options)
        : createInflateRaw(options) // some servers send deflate without the header that HTTP requires
      : createGunzip(options);
  stream.end(bytes);
  const plain = await readBytes(stream, maximum);
  return { bytes: plain.bytes, isCut: plain.isCut || isCut };
}

function hasZlibHeader(bytes: Buffer): boolean {
  return bytes.length > 1 && (bytes.readUInt8(0) & 0x0f) === 8 && bytes.readUInt16BE(0) % 31 === 0;
}
