import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterEach, beforeEach } from '@jest/globals';
import type { CloudConnection } from '../../src/openstack/cloud.ts';
import { SkippingClock } from '../support/skipping-clock.ts';
import { type HttpCloud, type ReceivedRequest, startHttpCloud } from '../support/http-cloud.ts';
import { connectTo } from '../support/http-connect.ts';
import type { CloudFixture } from '../support/cloud-fixture.ts';
import { type GlanceImage, type ScriptedGlance, scriptGlance } from './scripted-glance.ts';

/** A Glance on a server of its own, with the images' data. */
export interface ScriptedStore {
  readonly http: HttpCloud;
  readonly glance: ScriptedGlance;
  /** The data by image id, for uploads and downloads. */
  readonly data: Map<string, Buffer>;
  /** Returns the hashes that the store keeps of data. A test may replace it. */
  hashesOf: (data: Buffer) => object;
  /** The offsets at which a download is cut off, each once. The read of the first bytes is never cut off. */
  readonly cuts: number[];
  /** Returns the number of bytes sent so far. */
  sent: () => number;
  /** Returns the active images with a final name. */
  named: () => readonly GlanceImage[];
  /** Returns all other images. */
  unfinished: () => readonly GlanceImage[];
}

/** A source cloud and other clouds, new for each test. As a cloud fixture it is the source. */
export interface ScriptedClouds extends CloudFixture {
  source: ScriptedStore;
  a: ScriptedStore;
  b: ScriptedStore;
  c: ScriptedStore;
  connect: (name: string) => Promise<CloudConnection>;
  /** Additional names of clouds, as other entries of clouds.yaml. */
  readonly aliases: Map<string, () => Promise<CloudConnection>>;
}

export const FILE = '/v2/images/*/file';

export const digest = (algorithm: string, data: Buffer): string =>
  createHash(algorithm).update(data).digest('hex');

export const keepSha512 = (data: Buffer): object => ({
  os_hash_algo: 'sha512',
  os_hash_value: digest('sha512', data),
  checksum: digest('md5', data),
});
export const keepNothing = (): object => ({});

async function startStore(): Promise<ScriptedStore> {
  const http = await startHttpCloud();
  const glance = scriptGlance(http);
  let sent = 0;
  const images = (): GlanceImage[] => [...glance.images.values()];
  const isFinished = ({ name = '', status }: GlanceImage): boolean =>
    status === 'active' && !name.includes('.building-');
  const store: ScriptedStore = {
    http,
    glance,
    data: new Map(),
    hashesOf: keepSha512,
    cuts: [],
    sent: () => sent,
    named: () => images().filter(isFinished),
    unfinished: () => images().filter((image) => !isFinished(image)),
  };
  const sendFrom = function* (data: Buffer, from: number, canBeCut: boolean): Generator<Buffer> {
    for (let at = from; at < data.length; at += 64 * 1024) {
      const cut = store.cuts.findIndex((where) => canBeCut && at >= where);
      if (cut >= 0) {
        store.cuts.splice(cut, 1);
        throw new Error('cut');
      }
      const chunk = data.subarray(at, at + 64 * 1024);
      sent += chunk.length;
      yield chunk;
    }
  };
  http.on(`GET ${FILE}`, (request) => {
    const data = store.data.get(idOf(request));
    if (data === undefined) return { status: 404 };
    const range = /^bytes=(\d+)-(\d*)/.exec(request.headers['range'] ?? '');
    const from = Number(range?.[1] ?? 0);
    const end = range?.[2] ? Number(range[2]) + 1 : data.length;
    const isHead = http.requests(`GET ${FILE}`).length === 1;
    const body = Readable.from(sendFrom(data.subarray(0, end), from, !isHead));
    const headers = { 'content-length': String(end - from) };
    return { status: range === null ? 200 : 206, headers, body };
  });
  http.on(`PUT ${FILE}`, (request) => storeUpload(store, request));
  return store;
}

function idOf({ url }: ReceivedRequest): string {
  return url.pathname.split('/').at(-2) ?? '';
}

/** Stores a complete upload and makes its image active. */
export function storeUpload(store: ScriptedStore, request: ReceivedRequest) {
  const id = idOf(request);
  const image = store.glance.images.get(id);
  const { body: data } = request;
  if (image === undefined) return { status: 404 };
  if (data.length !== Number(request.headers['content-length'])) return 'reset';
  store.data.set(id, data);
  store.glance.images.set(id, { ...image, status: 'active', size: data.length, ...store.hashesOf(data) });
  return { status: 204 };
}

/** Starts the clouds before each test of the file. The clock advances by itself only for pauses between API attempts. */
export function useScriptedClouds(): ScriptedClouds {
  const clouds = { aliases: new Map() } as ScriptedClouds;
  const opened = new Map<string, Promise<CloudConnection>>();
  beforeEach(async () => {
    clouds.aliases.clear();
    opened.clear();
    clouds.clock = new SkippingClock(1000);
    const [source, a, b, c] = await Promise.all([startStore(), startStore(), startStore(), startStore()]);
    Object.assign(clouds, { source, a, b, c, http: source.http });
    const stores = new Map(Object.entries({ source, a, b, c }));
    const open = (name: string): Promise<CloudConnection> =>
      clouds.aliases.get(name)?.() ??
      connectTo(stores.get(name)?.http.origin ?? '', {
        clock: clouds.clock,
        access: { name },
        apiTimeoutMs: 1e7,
      });
    clouds.connect = (name) => {
      const connection = opened.get(name) ?? open(name);
      opened.set(name, connection);
      return connection;
    };
    clouds.connection = await clouds.connect('source');
    clouds.cloud = clouds.connection.withSignal();
  });
  afterEach(async () => {
    for (const connection of opened.values()) await (await connection).close();
    await Promise.all([clouds.source, clouds.a, clouds.b, clouds.c].map(({ http }) => http.close()));
  });
  return clouds;
}

/** Resolves when `condition` is true, without a time limit. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1)); // polls often and leaves the CPU to others
}

/** Waits for `count` turns of the event loop. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}
