import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Link, openLink } from './link.ts';

/**
 * Runs the clouds of the benchmark in a separate process. Each cloud is a Keystone and a Glance behind its own link.
 * They implement only the calls of a copy, but they really count and hash the data.
 * Arguments: the number of clouds, the MiB of the first cloud's image, the MB/s of each link. Prints the ports and the
 * id of the image as JSON.
 */
const [clouds = 2, sizeMiB = 64, linkMBps = 60] = process.argv.slice(2).map(Number);
const BLOCK = Buffer.from(Array.from({ length: 64 * 1024 }, (_, index) => (index * 31) & 0xff));
const SOURCE_ID = '11111111-1111-4111-8111-111111111111';

type Image = Record<string, unknown>;

interface CloudDouble {
  readonly project: string;
  readonly images: Map<string, Image>;
  readonly link: Link;
}

function makeSource(): Image {
  const hash = createHash('sha512');
  const blocks = (sizeMiB * 1024 * 1024) / BLOCK.length;
  for (let block = 0; block < blocks; block++) hash.update(BLOCK);
  return {
    id: SOURCE_ID,
    name: 'bench',
    status: 'active',
    size: blocks * BLOCK.length,
    disk_format: 'raw',
    owner: 'project-0',
    created_at: '2026-01-01T00:00:00Z',
    os_hash_algo: 'sha512',
    os_hash_value: hash.digest('hex'),
  };
}

function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

function answerToken(cloud: CloudDouble, request: IncomingMessage, response: ServerResponse): void {
  const url = `http://${request.headers.host ?? ''}`;
  const token = {
    expires_at: '2099-01-01T00:00:00Z',
    project: { id: cloud.project },
    user: { id: 'user' },
    catalog: [{ type: 'image', endpoints: [{ interface: 'public', region_id: 'bench', url }] }],
  };
  json(response, 201, { token }, { 'x-subject-token': 'token' });
}

function waitForDrain(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      response.off('drain', end).off('close', end);
      resolve();
    };
    response.on('drain', end).on('close', end);
  });
}

async function sendData(
  cloud: CloudDouble,
  image: Image,
  request: IncomingMessage,
  response: ServerResponse,
) {
  const offset = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const size = Number(image['size']);
  response.writeHead(offset === 0 ? 200 : 206, { 'content-length': size - offset });
  for (let at = offset; at < size && !response.destroyed;) {
    const block = BLOCK.subarray(at % BLOCK.length, Math.min(BLOCK.length, (at % BLOCK.length) + size - at));
    await cloud.link.pass(block.length);
    if (!response.write(block)) await waitForDrain(response);
    at += block.length;
  }
  response.end();
}

async function receiveData(
  cloud: CloudDouble,
  image: Image,
  request: IncomingMessage,
  response: ServerResponse,
) {
  const hash = createHash('sha512');
  let size = 0;
  for await (const chunk of request) {
    const bytes = chunk as Buffer;
    await cloud.link.pass(bytes.length);
    hash.update(bytes);
    size += bytes.length;
  }
  const stored = { status: 'active', size, os_hash_algo: 'sha512', os_hash_value: hash.digest('hex') };
  Object.assign(image, stored);
  response.writeHead(204).end();
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString() || 'null');
}

async function answerImages(
  cloud: CloudDouble,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://bench');
  const [, id = '', isFile] = /^\/v2\/images\/([^/]+)(\/file)?$/.exec(url.pathname) ?? [];
  const image = cloud.images.get(id);
  if (request.method === 'POST') {
    const made = { ...((await readBody(request)) as Image), status: 'queued', owner: cloud.project };
    const record = { id: crypto.randomUUID(), created_at: new Date().toISOString(), ...made };
    cloud.images.set(record.id, record);
    json(response, 201, record);
  } else if (id === '') {
    const name = url.searchParams.get('name');
    const found = [...cloud.images.values()].filter((each) => name === null || each['name'] === name);
    json(response, 200, { images: found });
  } else if (image === undefined) {
    json(response, 404, {});
  } else if (isFile !== undefined) {
    await (request.method === 'PUT' ? receiveData : sendData)(cloud, image, request, response);
  } else if (request.method === 'PATCH') {
    for (const { path, value } of (await readBody(request)) as { path: string; value: unknown }[]) {
      image[path.slice(1)] = value;
    }
    json(response, 200, image);
  } else if (request.method === 'DELETE') {
    cloud.images.delete(id);
    response.writeHead(204).end();
  } else {
    json(response, 200, image);
  }
}

const source = makeSource();
const ports: number[] = [];
for (let index = 0; index < clouds; index++) {
  const images = new Map<string, Image>(index === 0 ? [[SOURCE_ID, source]] : []);
  const cloud = { project: `project-${index}`, images, link: openLink(linkMBps * 1e6) };
  const server = createServer((request, response) => {
    if (request.url === '/v3/auth/tokens') answerToken(cloud, request.resume(), response);
    else answerImages(cloud, request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ports.push((server.address() as AddressInfo).port);
}
process.stdout.write(`${JSON.stringify({ ports, imageId: SOURCE_ID })}\n`);
