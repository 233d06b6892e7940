import { crc32 } from 'node:zlib';

/*
 * The .xz file format 1.2.0, https://tukaani.org/xz/xz-file-format.txt, with LZMA2 chunks of uncompressed data. Node has no
 * encoder for it.
 */

const MAGIC = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]);
const FOOTER_MAGIC = Buffer.from('YZ', 'latin1');
/** The stream has CRC32 checks. */
const FLAGS = Buffer.from([0x00, 0x01]);
/** One filter, LZMA2 (0x21) with one byte of properties: a dictionary of 64 KiB (8). The size is 12 bytes with the CRC32. */
const BLOCK_HEADER = Buffer.from([0x02, 0x00, 0x21, 0x01, 0x08, 0x00, 0x00, 0x00]);
const MAX_CHUNK = 0x1_0000;

/** Returns `data` as a file in the format of xz, without compression. */
export function encodeXz(data: Buffer): Buffer {
  const blockHeader = withCrc(BLOCK_HEADER);
  const chunks = storeChunks(data);
  const unpaddedSize = blockHeader.length + chunks.length + 4;
  const block = Buffer.concat([blockHeader, pad(chunks), crcOf(data)]);
  const records = [Buffer.from([0x00, 0x01]), encodeInteger(unpaddedSize), encodeInteger(data.length)];
  const index = withCrc(pad(Buffer.concat(records)));
  return Buffer.concat([MAGIC, withCrc(FLAGS), block, index, footerOf(index)]);
}

/** Each chunk has a control byte, which is 1 for the first as it resets the dictionary, and its size less 1. */
function storeChunks(data: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let offset = 0; offset < data.length; offset += MAX_CHUNK) {
    const chunk = data.subarray(offset, offset + MAX_CHUNK);
    const header = Buffer.from([offset === 0 ? 0x01 : 0x02, 0, 0]);
    header.writeUInt16BE(chunk.length - 1, 1);
    parts.push(header, chunk);
  }
  return Buffer.concat([...parts, Buffer.from([0x00])]);
}

function footerOf(index: Buffer): Buffer {
  const backwardSize = Buffer.alloc(4);
  backwardSize.writeUInt32LE(index.length / 4 - 1);
  const fields = Buffer.concat([backwardSize, FLAGS]);
  return Buffer.concat([crcOf(fields), fields, FOOTER_MAGIC]);
}

/** Returns the integer in groups of 7 bits, the lowest first. */
function encodeInteger(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  return Buffer.from([...bytes, rest]);
}

function pad(data: Buffer): Buffer {
  return Buffer.concat([data, Buffer.alloc((4 - (data.length % 4)) % 4)]);
}

function withCrc(data: Buffer): Buffer {
  return Buffer.concat([data, crcOf(data)]);
}

function crcOf(data: Buffer): Buffer {
  const crc = Buffer.alloc(4);
  crc.writeUInt32LE(crc32(data));
  return crc;
}
