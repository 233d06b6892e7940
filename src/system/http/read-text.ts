import type { Readable } from 'node:stream';

/** Reads a body as UTF-8, up to `maximum` bytes. Destroys a longer body and returns its beginning. */
export async function readText(body: Readable, maximum: number): Promise<{ text: string; isCut: boolean }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    const bytes = Buffer.from(chunk as Uint8Array);
    chunks.push(bytes);
    size += bytes.length;
    if (size > maximum) break; // leaving the loop destroys the stream
  }
  const text = Buffer.concat(chunks).subarray(0, maximum).toString('utf8');
  return { text, isCut: size > maximum };
}
