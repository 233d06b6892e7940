import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { request } from 'undici';

/**
 * Copies an image in the same way as the Python program, at the speed of Node: downloads it to a file and uploads the
 * file to one cloud after the other. Arguments: URL and token of the source's image service, the image id, and URL and
 * token of each destination.
 */
const [source = '', sourceToken = '', imageId = '', ...destinations] = process.argv.slice(2);
const limits = { headersTimeout: 0, bodyTimeout: 0 };

async function download(path: string): Promise<void> {
  const headers = { 'x-auth-token': sourceToken };
  const { statusCode, body } = await request(`${source}/v2/images/${imageId}/file`, { headers, ...limits });
  if (statusCode !== 200) throw new Error(`download: ${statusCode}`);
  await pipeline(body, createWriteStream(path));
}

async function upload(path: string, url: string, token: string): Promise<string> {
  const record = { name: 'bench-baseline', disk_format: 'qcow2', container_format: 'bare' };
  const headers = { 'x-auth-token': token, 'content-type': 'application/json' };
  const made = await request(`${url}/v2/images`, { method: 'POST', headers, body: JSON.stringify(record) });
  const { id } = (await made.body.json()) as { id: string };
  const { size } = await stat(path);
  const { statusCode, body } = await request(`${url}/v2/images/${id}/file`, {
    method: 'PUT',
    headers: {
      'x-auth-token': token,
      'content-type': 'application/octet-stream',
      'content-length': String(size),
    },
    body: createReadStream(path),
    ...limits,
  });
  await body.dump();
  if (statusCode !== 204) throw new Error(`upload to ${url}: ${statusCode}`);
  return id;
}

const folder = await mkdtemp(join(tmpdir(), 'bench-baseline-'));
try {
  const path = join(folder, 'bench.snapshot');
  await download(path);
  const ids: string[] = [];
  for (let at = 0; at < destinations.length; at += 2)
    ids.push(await upload(path, destinations[at] ?? '', destinations[at + 1] ?? ''));
  process.stdout.write(`${JSON.stringify(ids)}\n`);
} finally {
  await rm(folder, { recursive: true });
}
