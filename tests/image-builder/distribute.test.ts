import { inspect } from 'node:util';
import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { distributeAndPrune } from '../../src/image-builder/distribute-and-prune.ts';
import { distribute } from '../../src/image-builder/distribute.ts';
import type { Tools } from '../../src/image-builder/tools.ts';
import type { Delivery } from '../../src/model/delivery.ts';
import { QCOW2_MAGIC } from '../../src/model/disk-format.ts';
import { CancelledError, DistributionError, InputError } from '../../src/model/errors.ts';
import { OWNER_KEYS } from '../../src/model/owner.ts';
import { TOKENS, tokenAnswer } from '../support/http-cloud.ts';
import { PASSWORD, accessTo, connectTo } from '../support/http-connect.ts';
import { failureOf } from '../support/http-fixture.ts';
import { type TestTools, TEST_TIMEOUTS, useTestTools } from './make-test-tools.ts';
import {
  FILE,
  type ScriptedStore,
  digest,
  keepNothing,
  keepSha512,
  take,
  turns,
  until,
  useScriptedClouds,
} from './scripted-clouds.ts';

jest.setTimeout(60_000); // on a host that is busy with other things
const at = useScriptedClouds();
const makeTools = useTestTools(at);
const DATA = Buffer.concat([QCOW2_MAGIC, Buffer.alloc(600_000, 7)]);
/** More than the buffers between two ends of a connection. */
const LARGE = Buffer.concat([QCOW2_MAGIC, Buffer.alloc(16 * 1024 * 1024, 3)]);
const PUT = `PUT ${FILE}`;
const GET = `GET ${FILE}`;

/** Puts an image with `data` into the source cloud, as a build leaves it there. */
function addSource(data: Buffer, change: object = {}): void {
  at.source.data.set('i1', data);
  at.source.glance.add({
    id: 'i1',
    name: 'noble',
    status: 'active',
    size: data.length,
    disk_format: 'qcow2',
    ...at.source.hashesOf(data),
    ...change,
  });
}

beforeEach(() => {
  addSource(DATA);
});

/** Long waits, so that only the one that a test means comes to its end. */
function patient(change: Partial<Tools> = {}): TestTools {
  const timeouts = { ...TEST_TIMEOUTS, stallTimeout: 600, transferTimeout: 1_000_000 };
  return makeTools({ connect: at.connect, timeouts, ...change });
}

const request = (...destinations: string[]) => ({
  cloudName: 'source',
  imageId: 'i1',
  destinations,
  within: 'copy' as const,
});
const send = async (made: TestTools, ...destinations: string[]): Promise<readonly Delivery[]> =>
  (await distribute(request(...destinations), made.tools)).deliveries;

/** Resolves when the step of `cloud` has ended. */
const settled = (made: TestTools, ...clouds: string[]): Promise<void> =>
  until(() =>
    clouds.every((cloud) =>
      made.events.some(({ kind, step }) => kind !== 'started' && step === `copy image to ${cloud}`),
    ),
  );

/** Tells whether `work` has ended. */
function watch(work: Promise<unknown>): () => boolean {
  let isEnded = false;
  const end = (): void => void (isEnded = true);
  work.then(end, end);
  return () => isEnded;
}

/** Moves the time on, again and again, until `work` has ended: for when nothing but a wait is left. */
async function advanceUntilEnd<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  const isEnded = watch(work);
  while (!isEnded()) {
    at.clock.advance(milliseconds);
    await turns(20);
  }
  return work;
}

/** Lets the pauses between two tries of `cloud` pass until `work` has ended. */
async function retryUntilEnd<T>(work: Promise<T>, made: TestTools): Promise<T> {
  const isEnded = watch(work);
  for (let tried = 0; !isEnded(); await turns(1)) {
    const { length } = made.warnings.filter((warning) => warning.endsWith('trying again'));
    if (length > tried && at.clock.hasSleeper(5000 * length)) at.clock.advance(5000 * (tried = length));
  }
  return work;
}

const copyIn = (store: ScriptedStore): Buffer | undefined => store.data.get(store.named()[0]?.id ?? '');

describe('an image that goes to several clouds', () => {
  test('arrives whole in each, in the order asked for', async () => {
    const made = patient();
    at.a.http.on(PUT, async (seen) => {
      await settled(made, 'b', 'c'); // the first asked for is the last to be done
      return take(at.a, seen);
    });
    const deliveries = await send(made, 'a', 'c', 'b');
    expect(deliveries.map(({ cloud, outcome, attempts }) => [cloud, outcome, attempts])).toEqual([
      ['a', 'copied', 1],
      ['c', 'copied', 1],
      ['b', 'copied', 1],
    ]);
    for (const store of [at.a, at.b, at.c]) {
      expect(copyIn(store)?.equals(DATA)).toBe(true);
      expect(store.unfinished()).toEqual([]);
    }
    expect(made.warnings).toEqual([]);
  });

  test('is read once for all of them', async () => {
    await send(patient(), 'a', 'b', 'c');
    expect(at.source.http.seen(GET)).toHaveLength(2); // one look at its first bytes, one read
    expect(at.source.sent()).toBeLessThanOrEqual(2 * DATA.length);
  });

  test('is not downloaded whole to look at how it begins', async () => {
    const large = Buffer.concat([QCOW2_MAGIC, Buffer.alloc(32 * 1024 * 1024)]);
    at.source.glance.images.clear();
    addSource(large, { os_hash_algo: null, os_hash_value: null, checksum: null });
    at.a.http.on('GET /v2/images', { status: 403 });
    await send(patient(), 'a');
    expect(at.source.sent()).toBeLessThan(large.length / 2);
  });

  test('brings what a server of it needs, and its owner; not who reads it or works on it', async () => {
    at.source.glance.images.clear();
    addSource(DATA, {
      min_disk: 20,
      min_ram: 512,
      architecture: 'aarch64',
      hw_firmware_type: 'uefi',
      [OWNER_KEYS.application]: 'builder',
      [OWNER_KEYS.buildId]: 'b0',
      [OWNER_KEYS.process]: 'gone',
      [OWNER_KEYS.published]: 'true',
      [OWNER_KEYS.source]: 'i0',
    });
    await send(patient(), 'a');
    const record = at.a.http.seen('POST /v2/images')[0]?.json;
    expect(record).toMatchObject({ name: 'noble.building-b1', min_disk: 20, min_ram: 512 });
    expect(at.a.named()[0]).toMatchObject({
      name: 'noble',
      disk_format: 'qcow2',
      min_disk: 20,
      architecture: 'aarch64',
      hw_firmware_type: 'uefi',
      [OWNER_KEYS.application]: 'builder',
      [OWNER_KEYS.buildId]: 'b0',
      [OWNER_KEYS.process]: 'own',
      [OWNER_KEYS.source]: 'i1',
    });
    expect(at.a.named()[0]).not.toHaveProperty(OWNER_KEYS.published);
  });

  test('that is raw under the label qcow2 is raw where it arrives', async () => {
    at.source.glance.images.clear();
    addSource(Buffer.alloc(100_000, 1));
    await send(patient(), 'a');
    expect(at.a.named()[0]).toMatchObject({ disk_format: 'raw' });
  });

  test('moves no bytes into the project that it is from', async () => {
    at.aliases.set('again', () =>
      connectTo(at.source.http.origin, { clock: at.clock, access: { name: 'again' } }),
    );
    const deliveries = await send(patient(), 'again', 'a');
    expect(deliveries).toMatchObject([
      { cloud: 'again', outcome: 'itself', imageId: 'i1' },
      { outcome: 'copied' },
    ]);
    expect(at.source.http.seen('POST /v2/images')).toEqual([]);
  });

  test('moves no bytes into a cloud that has a proven copy of it', async () => {
    await send(patient(), 'a', 'b');
    const [id] = [...at.a.glance.images.keys()];
    const deliveries = await send(patient(), 'a', 'b');
    expect(deliveries).toMatchObject([
      { outcome: 'already there', provenBy: 'hash', imageId: id },
      { outcome: 'already there' },
    ]);
    expect(at.a.http.seen(PUT)).toHaveLength(1);
  });

  test.each([
    ['whose data is another', { os_hash_value: '0'.repeat(128) }],
    ['that is not active', { status: 'deactivated' }],
    ['of another image', { [OWNER_KEYS.source]: 'i9' }],
  ])('is sent to a cloud that has a copy %s', async (_, change) => {
    const copy = { size: DATA.length, ...keepSha512(DATA), [OWNER_KEYS.source]: 'i1', ...change };
    at.a.glance.add({ id: 'there', ...copy });
    expect(await send(patient(), 'a')).toMatchObject([{ outcome: 'copied' }]);
    expect(at.a.glance.images.has('there')).toBe(true);
  });
});

describe('an image that cannot be distributed', () => {
  test.each([
    ['not there', () => at.source.glance.images.clear(), 'none that the project sees'],
    ['still saving', () => addSource(DATA, { status: 'saving' }), 'one that is saving'],
    ['without a size', () => addSource(DATA, { size: null }), 'one that is active'],
  ])('because it is %s is wrong input, and nothing is made', async (_, prepare, got) => {
    prepare();
    const error = await failureOf(send(patient(), 'a', 'b'));
    expect(error).toMatchObject({ kind: 'input', first: expect.any(InputError) });
    expect(error.message).toMatch(`image i1 in cloud source: expected an active image, got ${got}`);
    for (const store of [at.a, at.b]) expect(store.http.seen('POST /v2/images')).toEqual([]);
  });
});

describe('a cloud in trouble', () => {
  test('by wrong credentials fails as denied, and the others do not wait for it', async () => {
    at.a.http.on(TOKENS, { status: 401, body: { error: { message: 'wrong' } } });
    const deliveries = await send(patient(), 'a', 'b', 'c'); // the time stands still
    expect(deliveries).toMatchObject([
      { outcome: 'failed', kind: 'denied', attempts: 1, reason: expect.stringMatching('check the cred') },
      { outcome: 'copied' },
      { outcome: 'copied' },
    ]);
    expect(at.source.http.seen(GET)).toHaveLength(2);
  });

  test('whose Keystone hangs holds up the others for a few seconds only, and is unavailable', async () => {
    at.a.http.on(TOKENS, 'hang');
    const made = patient();
    const sending = send(made, 'a', 'b', 'c');
    await until(() => at.clock.hasSleeper(5000));
    at.clock.advance(5000);
    await settled(made, 'b', 'c');
    const deliveries = await advanceUntilEnd(sending, 1_000_000);
    expect(deliveries).toMatchObject([
      { outcome: 'failed', kind: 'unavailable', reason: expect.stringMatching('--api-timeout') },
      { outcome: 'copied' },
      { outcome: 'copied' },
    ]);
    expect(at.a.glance.images.size).toBe(0);
  });

  test('that stands still amid an upload fails alone by --stall-timeout, and keeps nothing', async () => {
    at.source.glance.images.clear();
    addSource(LARGE);
    at.a.http.on(PUT, 'stall');
    const made = patient();
    const sending = send(made, 'a', 'b', 'c');
    const isDone = (): boolean => at.b.named().length + at.c.named().length === 2;
    while (!isDone()) {
      if (at.clock.hasSleeper(2000)) at.clock.advance(2000); // the patience with one that is slower than the others
      await turns(1);
    }
    await settled(made, 'b', 'c');
    const deliveries = await advanceUntilEnd(sending, 600_000);
    expect(deliveries).toMatchObject([
      { cloud: 'a', outcome: 'failed', kind: 'unavailable', attempts: 3 },
      { cloud: 'b', outcome: 'copied', attempts: 1 },
      { cloud: 'c', outcome: 'copied', attempts: 1 },
    ]);
    expect(deliveries[0]).toMatchObject({
      reason: 'the copy of the image into cloud a stood still for 600 s; --stall-timeout sets the limit',
    });
    expect(at.a.glance.images.size).toBe(0);
    expect(copyIn(at.b)?.equals(LARGE)).toBe(true);
  });

  test('that turns the first upload away is tried again alone, with a read of its own', async () => {
    let isFirst = true;
    at.a.http.on(PUT, (seen) => {
      if (!isFirst) return take(at.a, seen);
      isFirst = false;
      return { status: 503 };
    });
    const made = patient();
    const deliveries = await retryUntilEnd(send(made, 'a', 'b'), made);
    expect(deliveries).toMatchObject([
      { outcome: 'copied', attempts: 2 },
      { outcome: 'copied', attempts: 1 },
    ]);
    expect(at.source.http.seen(GET)).toHaveLength(3);
    expect(at.b.http.seen(PUT)).toHaveLength(1);
    expect(at.a.glance.images.size).toBe(1);
    expect(made.warnings).toEqual([expect.stringMatching(/^cloud a: .*answered 503.*; trying again$/)]);
  });

  test('that stores other data than was sent fails, and the copy is deleted without ever having the name', async () => {
    at.a.hashesOf = () => keepSha512(Buffer.from('other'));
    const made = patient();
    const deliveries = await retryUntilEnd(send(made, 'a', 'b'), made);
    expect(deliveries).toMatchObject([
      { outcome: 'failed', kind: 'build', attempts: 3, reason: expect.stringMatching('expected sha512') },
      { outcome: 'copied', provenBy: 'hash' },
    ]);
    expect(at.a.glance.images.size).toBe(0);
    expect(at.a.http.seen('PATCH /v2/images/*')).toEqual([]);
  });

  test('that is out of quota is not tried again', async () => {
    at.a.http.on(PUT, { status: 413, body: 'quota' });
    const made = patient();
    expect(await send(made, 'a')).toMatchObject([{ outcome: 'failed', kind: 'denied', attempts: 1 }]);
    expect([at.a.glance.images.size, made.warnings]).toEqual([0, []]);
  });

  test('that does not let go of a half-made copy is told', async () => {
    at.a.http.on(PUT, { status: 413 });
    at.a.http.on('DELETE /v2/images/*', { status: 409, body: 'in use' });
    const made = patient();
    await send(made, 'a', 'b');
    const [left] = at.a.unfinished();
    expect(made.warnings).toEqual([
      expect.stringMatching(new RegExp(`^left behind: image ${left?.id ?? '?'} in cloud a: .*in use`)),
    ]);
  });

  test('whose answer to the naming is lost has the copy all the same', async () => {
    let isFirst = true;
    const name = at.a.glance.images;
    at.a.http.on('PATCH /v2/images/*', ({ url, json }) => {
      const id = url.pathname.split('/').at(-1) ?? '';
      const set = Object.fromEntries(
        (json as { path: string; value: string }[]).map(({ path, value }) => [path.slice(1), value]),
      );
      name.set(id, { ...name.get(id), ...set, id });
      if (isFirst) {
        isFirst = false;
        return { body: '<html>proxy</html>' };
      }
      return { body: name.get(id) };
    });
    expect(await send(patient(), 'a')).toMatchObject([{ outcome: 'copied', attempts: 1 }]);
    expect(at.a.named()).toHaveLength(1);
  });

  test('whose answer to the making of the record is lost keeps no record that is not told', async () => {
    const { images } = at.a.glance;
    at.a.http.on('POST /v2/images', ({ json }) => {
      const isFirst = at.a.http.seen('POST /v2/images').length === 1;
      const record = { id: isFirst ? 'lost' : 'second', ...(json as object) };
      at.a.glance.add({ ...record, status: 'queued' });
      return isFirst ? 'reset' : { status: 201, body: images.get(record.id) };
    });
    const made = patient();
    expect(await retryUntilEnd(send(made, 'a'), made)).toMatchObject([{ outcome: 'copied', attempts: 2 }]);
    expect([images.size, at.a.unfinished()]).toEqual([1, []]);
  });

  test('whose answer to the upload is lost has the copy all the same', async () => {
    at.a.http.on(PUT, (seen) => {
      take(at.a, seen);
      return 'reset';
    });
    expect(await send(patient(), 'a')).toMatchObject([{ outcome: 'copied', attempts: 1, provenBy: 'hash' }]);
  });

  test('that still stores the data when its load balancer gives up is waited for', async () => {
    at.a.http.on(PUT, async (seen) => {
      const id = seen.url.pathname.split('/').at(-2) ?? '';
      at.a.glance.images.set(id, { ...at.a.glance.images.get(id), id, status: 'saving' });
      const looks = at.a.http.seen('GET /v2/images/*').length;
      void until(() => at.a.http.seen('GET /v2/images/*').length > looks).then(() => take(at.a, seen));
      await turns(1);
      return { status: 504, body: 'Gateway Time-out' };
    });
    const sending = send(patient(), 'a');
    await until(() => at.a.data.size === 1);
    expect(await advanceUntilEnd(sending, 2000)).toMatchObject([{ outcome: 'copied', attempts: 1 }]);
  });

  test('that is another region of the same Keystone and project gets a copy: it has a store of its own', async () => {
    const endpoint = (region: string, origin: string) => ({
      interface: 'public',
      region_id: region,
      region,
      url: origin,
    });
    const { origin } = at.source.http;
    const answer = tokenAnswer(origin) as { body: { token: object } };
    const catalog = [
      { type: 'image', endpoints: [endpoint('R1', origin), endpoint('R2', at.a.http.origin)] },
    ];
    at.source.http.on(TOKENS, { ...answer, body: { token: { ...answer.body.token, catalog } } });
    const access = { ...accessTo(origin), name: 'r2', region: 'R2' };
    at.aliases.set('r2', () => connectTo(origin, { clock: at.clock, access }));
    expect(await send(patient(), 'r2')).toMatchObject([{ outcome: 'copied' }]);
    expect(at.a.named()).toHaveLength(1);
  });
});

describe('a copy is proven', () => {
  const withoutHashes = (): void => {
    at.source.glance.images.clear();
    at.source.hashesOf = keepNothing;
    addSource(DATA);
  };
  const turnFirstAway = (store: ScriptedStore): void => {
    let isFirst = true;
    store.http.on(PUT, (seen) => {
      if (!isFirst) return take(store, seen);
      isFirst = false;
      return { status: 503 };
    });
  };

  test('by the hash of what was sent where the source keeps none', async () => {
    withoutHashes();
    expect(await send(patient(), 'a', 'b')).toMatchObject([
      { provenBy: 'stream hash' },
      { provenBy: 'stream hash' },
    ]);
  });

  test('once: a source without hashes moves no bytes into a cloud that has its proven copy', async () => {
    withoutHashes();
    await send(patient(), 'a');
    expect(await send(patient(), 'a')).toMatchObject([{ outcome: 'already there' }]);
    expect(at.a.http.seen(PUT)).toHaveLength(1);
  });

  test('not at all when that hash is another', async () => {
    withoutHashes();
    at.a.hashesOf = () => keepSha512(Buffer.from('other'));
    const made = patient();
    const deliveries = await retryUntilEnd(send(made, 'a', 'b'), made);
    expect(deliveries).toMatchObject([{ outcome: 'failed', kind: 'build' }, { provenBy: 'stream hash' }]);
    expect(at.a.glance.images.size).toBe(0);
  });

  test('by its size where neither store keeps a hash', async () => {
    withoutHashes();
    at.a.hashesOf = keepNothing;
    expect(await send(patient(), 'a')).toMatchObject([{ outcome: 'copied', provenBy: 'size' }]);
  });

  test('by the MD5 where only that is common', async () => {
    at.a.hashesOf = (data) => ({
      os_hash_algo: 'sha256',
      os_hash_value: digest('sha256', data),
      checksum: digest('md5', data),
    });
    expect(await send(patient(), 'a')).toMatchObject([{ provenBy: 'hash' }]);
  });

  test('by the hash of what the others got, also in a cloud that was tried again', async () => {
    withoutHashes();
    turnFirstAway(at.a);
    const made = patient();
    const sending = send(made, 'a', 'b');
    await settled(made, 'b');
    expect(await retryUntilEnd(sending, made)).toMatchObject([
      { attempts: 2, provenBy: 'stream hash' },
      { provenBy: 'stream hash' },
    ]);
  });

  test('by the hash of what the others got, also in a cloud that came late', async () => {
    withoutHashes();
    const made = patient();
    at.a.http.on(TOKENS, async () => {
      await settled(made, 'b', 'c');
      return tokenAnswer(at.a.http.origin);
    });
    const sending = send(made, 'a', 'b', 'c');
    await until(() => at.clock.hasSleeper(5000));
    at.clock.advance(5000);
    expect(await sending).toMatchObject([
      { provenBy: 'stream hash' },
      { provenBy: 'stream hash' },
      { provenBy: 'stream hash' },
    ]);
  });

  test('by the hash of what was sent also where all were turned away at first', async () => {
    at.source.glance.images.clear();
    at.source.hashesOf = keepNothing;
    addSource(LARGE);
    at.a.http.on(PUT, { status: 503, isEarly: true, headers: { connection: 'close' } });
    const made = patient();
    const sending = send(made, 'a');
    await until(() => made.warnings.length === 1);
    at.a.http.on(PUT, (seen) => take(at.a, seen));
    expect(await retryUntilEnd(sending, made)).toMatchObject([
      { outcome: 'copied', provenBy: 'stream hash' },
    ]);
  });

  test('by the hash of what was sent where the stores keep hashes of different kinds', async () => {
    at.source.glance.images.clear();
    at.source.hashesOf = (data) => ({ checksum: digest('md5', data) });
    addSource(DATA);
    at.a.hashesOf = (data) => ({ os_hash_algo: 'sha512', os_hash_value: digest('sha512', data) });
    expect(await send(patient(), 'a')).toMatchObject([{ provenBy: 'stream hash' }]);
  });
});

describe('a source', () => {
  test('that is cut in the middle is read on from there, and every copy is whole', async () => {
    at.source.cuts.push(600_000, 300_000);
    const reading = send(patient(), 'a', 'b');
    expect(await reading).toMatchObject([
      { outcome: 'copied', attempts: 1 },
      { outcome: 'copied', attempts: 1 },
    ]);
    const ranges = at.source.http.seen(GET).flatMap(({ headers }) => headers['range'] ?? []);
    expect(ranges.length).toBeGreaterThan(0);
    for (const store of [at.a, at.b]) expect(copyIn(store)?.equals(DATA)).toBe(true);
  });

  test('that takes the token no more is read on with a new one', async () => {
    const { origin } = at.source.http;
    at.source.http.on(TOKENS, [tokenAnswer(origin, 't1'), tokenAnswer(origin, 't2')]);
    const { data } = at.source;
    at.source.http.on(GET, ({ headers }) => {
      const isPeek = at.source.http.seen(GET).length === 1;
      return isPeek || headers['x-auth-token'] === 't2' ? { body: data.get('i1') } : { status: 401 };
    });
    expect(await send(patient(), 'a')).toMatchObject([{ outcome: 'copied', attempts: 1 }]);
  });

  test('that breaks off again and again is told as unavailable, not as a bug', async () => {
    at.source.cuts.push(...Array.from({ length: 50 }, () => 65_536));
    const made = patient();
    const deliveries = await advanceUntilEnd(send(made, 'a', 'b'), 5000);
    expect(deliveries).toMatchObject([{ kind: 'unavailable' }, { kind: 'unavailable' }]);
  });

  test('that is cut at the look at its first bytes is asked again', async () => {
    const { data } = at.source;
    at.source.http.on(GET, ['reset', { body: data.get('i1') }]);
    expect(await send(patient(), 'a')).toMatchObject([{ outcome: 'copied' }]);
  });

  test('that is busy at the look at its first bytes is asked again', async () => {
    const { data } = at.source;
    at.source.http.on(GET, [{ status: 503 }, { body: data.get('i1') }]);
    expect(await send(patient(), 'a')).toMatchObject([{ outcome: 'copied' }]);
  });

  test('that does not answer the look at its first bytes is not waited for without end', async () => {
    at.source.http.on(GET, 'hang');
    const sending = send(patient(), 'a');
    const isEnded = watch(sending);
    await at.source.http.waitFor(GET);
    for (let hour = 0; hour < 500 && !isEnded(); hour++) {
      at.clock.advance(3_600_000);
      await turns(2);
    }
    expect(isEnded()).toBe(true);
  });
});

describe('a distribution that is stopped', () => {
  const stoppedAmid = async (stop: AbortController, made: TestTools) => {
    const failure = failureOf(send(made, 'a', 'b'));
    await Promise.all([at.a.http.waitFor(PUT), at.b.http.waitFor(PUT)]);
    stop.abort(new CancelledError('stopped by SIGTERM'));
    return failure;
  };

  test('deletes the half-made copies everywhere, and ends as cancelled', async () => {
    for (const { http } of [at.a, at.b]) http.on(PUT, 'hang');
    const stop = new AbortController();
    const made = patient({ signal: stop.signal });
    expect(await stoppedAmid(stop, made)).toMatchObject({ kind: 'cancelled' });
    await until(() => at.a.glance.images.size + at.b.glance.images.size === 0);
    expect(at.source.glance.images.size).toBe(1);
  });

  test('has deleted them when it ends, also where a cloud is slow to delete', async () => {
    const stop = new AbortController();
    const made = patient({ signal: stop.signal });
    for (const { http } of [at.a, at.b]) http.on(PUT, 'hang');
    at.b.http.on('DELETE /v2/images/*', async ({ url }) => {
      await settled(made, 'a');
      await turns(50);
      at.b.glance.images.delete(url.pathname.split('/').at(-1) ?? '');
      return { status: 204 };
    });
    await stoppedAmid(stop, made);
    expect([at.a.glance.images.size, at.b.glance.images.size]).toEqual([0, 0]);
  });

  /** Two clouds have their records and wait for the third, whose Keystone hangs. */
  const stoppedAtGrace = async () => {
    at.c.http.on(TOKENS, 'hang');
    const stop = new AbortController();
    const failure = failureOf(send(patient({ signal: stop.signal }), 'a', 'b', 'c'));
    await until(() => at.a.glance.images.size + at.b.glance.images.size === 2);
    await until(() => at.clock.hasSleeper(5000));
    await turns(200);
    stop.abort(new CancelledError('stopped by SIGTERM'));
    return failure;
  };

  test('while it waits for one cloud deletes what it made in the others', async () => {
    const failure = stoppedAtGrace();
    await until(() => at.a.http.seen('DELETE /v2/images/*').length === 1);
    await until(() => at.b.http.seen('DELETE /v2/images/*').length === 1);
    await turns(200);
    expect(await advanceUntilEnd(failure, 1_000_000)).toMatchObject({ kind: 'cancelled' });
    expect([at.a.glance.images.size, at.b.glance.images.size]).toEqual([0, 0]);
  });

  test('ends without the answer of a Keystone that hangs', async () => {
    const failure = stoppedAtGrace();
    const isEnded = watch(failure);
    await until(() => at.a.http.seen('DELETE /v2/images/*').length === 1);
    await until(() => at.b.http.seen('DELETE /v2/images/*').length === 1);
    await turns(300);
    const wasEnded = isEnded(); // the time stood still
    await advanceUntilEnd(failure, 1_000_000);
    expect(wasEnded).toBe(true);
  });

  test('tells which clouds had the image by then', async () => {
    at.b.http.on(PUT, 'hang');
    const stop = new AbortController();
    const made = patient({ signal: stop.signal });
    const failure = failureOf(send(made, 'a', 'b'));
    await settled(made, 'a');
    await at.b.http.waitFor(PUT);
    await turns(10);
    stop.abort(new CancelledError('stopped by SIGTERM'));
    await failure;
    expect(made.facts().images).toMatchObject([{ cloud: 'a', outcome: 'copied' }]);
    expect([at.a.named().length, at.b.glance.images.size]).toEqual([1, 0]);
  });

  test('before it began makes nothing', async () => {
    const made = patient({ signal: AbortSignal.abort(new CancelledError('stopped')) });
    expect(await failureOf(send(made, 'a'))).toMatchObject({ kind: 'cancelled' });
    expect(at.a.http.seen('POST /v2/images')).toEqual([]);
  });
});

describe('after a distribution the older revisions are pruned', () => {
  const old = { size: 1, [OWNER_KEYS.source]: 'i0' };
  const distributeAll = (made: TestTools, keep: number | undefined, ...destinations: string[]) =>
    distributeAndPrune(request(...destinations), keep, made.tools);

  test('in each cloud that got the image, and nowhere else', async () => {
    for (const store of [at.source, at.a, at.b]) store.glance.add({ id: 'old', ...old });
    at.b.http.on(PUT, { status: 413, body: 'quota' });
    const made = patient();
    const error = await failureOf(distributeAll(made, 1, 'a', 'b'));
    expect(error).toBeInstanceOf(DistributionError);
    expect(error.message).toMatch(/^image i1 is good, but not all clouds have it:\ncloud b: .*413: quota/);
    expect(at.a.glance.images.has('old')).toBe(false);
    expect([at.b.glance.images.has('old'), at.source.glance.images.has('old')]).toEqual([true, true]);
    expect(made.facts()).toMatchObject({
      images: [
        { cloud: 'a', outcome: 'copied' },
        { cloud: 'b', outcome: 'failed' },
      ],
      pruned: { cloud: 'a' },
    });
  });

  test('only when a number is given', async () => {
    at.a.glance.add({ id: 'old', ...old });
    await distributeAll(patient(), undefined, 'a');
    expect(at.a.glance.images.size).toBe(2);
  });

  test('as far as it goes: what is not let go is told, and the copies stay good', async () => {
    for (const store of [at.a, at.b]) store.glance.add({ id: 'old', ...old });
    at.a.http.on('DELETE /v2/images/old', { status: 409, body: 'in use' });
    const made = patient();
    expect(await distributeAll(made, 1, 'a', 'b')).toMatchObject([
      { outcome: 'copied' },
      { outcome: 'copied' },
    ]);
    expect(made.warnings).toEqual([expect.stringMatching(/^revision old was not pruned: .*in use/)]);
    expect(at.b.glance.images.has('old')).toBe(false);
  });

  test('but never the copy that was just delivered, were it older than others', async () => {
    at.a.glance.add({ id: 'copy', size: DATA.length, ...keepSha512(DATA), [OWNER_KEYS.source]: 'i1' });
    at.a.glance.add({ id: 'newer', ...old });
    expect(await distributeAll(patient(), 1, 'a')).toMatchObject([{ imageId: 'copy' }]);
    expect(at.a.glance.images.has('copy')).toBe(true);
  });

  test('but never what another name of the same project was just given', async () => {
    at.aliases.set('a2', () => connectTo(at.a.http.origin, { clock: at.clock, access: { name: 'a2' } }));
    const deliveries = await distributeAll(patient(), 1, 'a', 'a2');
    const given = deliveries.flatMap((delivery) => ('imageId' in delivery ? [delivery.imageId] : []));
    expect(given.filter((id) => !at.a.glance.images.has(id))).toEqual([]);
  });
});

test('no delivery, message or warning tells a password or a token', async () => {
  for (const { http } of [at.source, at.a, at.b, at.c])
    http.on(TOKENS, tokenAnswer(http.origin, 'token-MARKED'));
  at.a.http.on(PUT, ({ headers }) => ({
    status: 400,
    body: { badRequest: { message: 'no data', got: Object.keys(headers) } },
  }));
  at.b.http.on(PUT, 'reset');
  at.b.http.on('DELETE /v2/images/*', { status: 403, body: 'no' });
  at.c.http.on(TOKENS, { status: 400, body: { error: { message: `no user with ${PASSWORD}` } } });
  const made = patient();
  const error = await retryUntilEnd(
    failureOf(distributeAndPrune(request('a', 'b', 'c'), 1, made.tools)),
    made,
  );
  const told = inspect([error, made.warnings, made.events, made.facts()], {
    depth: 20,
    maxStringLength: Infinity,
  });
  expect(told).toMatch('no data');
  expect(told).not.toMatch('MARKED');
});
