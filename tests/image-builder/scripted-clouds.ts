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
  /** The data by image id: what was put there, and what it gives. */
  readonly data: Map<string, Buffer>;
  /** What it tells of data besides the size; a test may change it. */
  hashesOf: (data: Buffer) => object;
  /** Where reading is cut, in bytes of the image, each once; the look at the first bytes is not. */
  readonly cuts: number[];
  /** Bytes that were handed to the network so far. */
  sent: () => number;
  /** Good images; the rest is half-made. */
  named: () => readonly GlanceImage[];
  unfinished: () => readonly GlanceImage[];
}

/** A source cloud and others, fresh for each test; as a fixture it is the source. */
export interface ScriptedClouds extends CloudFixture {
  source: ScriptedStore;
  a: ScriptedStore;
  b: ScriptedStore;
  c: ScriptedStore;
  connect: (name: string) => Promise<CloudConnection>;
  /** Connects to a server under another name, as another clouds.yaml would have it. */
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
  const isGood = ({ name = '', status }: GlanceImage): boolean =>
    status === 'active' && !name.includes('.building-');
  const store: ScriptedStore = {
    http,
    glance,
    data: new Map(),
    hashesOf: keepSha512,
    cuts: [],
    sent: () => sent,
    named: () => images().filter(isGood),
    unfinished: () => images().filter((image) => !isGood(image)),
  };
  const give = function* (data: Buffer, from: number, canBeCut: boolean): Generator<Buffer> {
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
    const isLook = http.requests(`GET ${FILE}`).length === 1;
    const body = Readable.from(give(data.subarray(0, end), from, !isLook));
    const headers = { 'content-length': String(end - from) };
    return { status: range === null ? 200 : 206, headers, body };
  });
  http.on(`PUT ${FILE}`, (request) => take(store, request));
  return store;
}

function idOf({ url }: ReceivedRequest): string {
  return url.pathname.split('/').at(-2) ?? '';
}

/** Stores an upload that is whole, and makes its image active. */
export function take(store: ScriptedStore, request: ReceivedRequest) {
  const id = idOf(request);
  const image = store.glance.images.get(id);
  const { body: data } = request;
  if (image === undefined) return { status: 404 };
  if (data.length !== Number(request.headers['content-length'])) return 'reset';
  store.data.set(id, data);
  store.glance.images.set(id, { ...image, status: 'active', size: data.length, ...store.hashesOf(data) });
  return { status: 204 };
}

/** Starts the clouds before each test of the file. Only the pauses between two API tries pass by themselves. */
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

/** Resolves when `condition` holds, however slow the host is. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1)); // looks often, leaves the CPU to others
}

/** Lets what is under way go on for so many turns of the event loop. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}
