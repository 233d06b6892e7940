import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { asData } from '../../src/image-builder/image-source.ts';
import { getLatestBuildId, uploadImage, uploadNewImage } from '../../src/image-builder/store.ts';
import type { Context } from '../../src/image-builder/context.ts';
import { GetImageError, InputError, UploadImageError } from '../../src/model/errors.ts';
import { OWNER_KEYS, encodeOwner } from '../../src/model/owner.ts';
import { QCOW2_MAGIC } from '../../src/model/disk-format.ts';
import { feed } from '../../src/system/feed.ts';
import { SourceError } from '../../src/system/source-error.ts';
import { VerifiedStream } from '../../src/system/verified-stream.ts';
import { failureOf, useHttpCloud } from '../support/http-fixture.ts';
import { OWNER, useTestTools } from './make-test-tools.ts';
import { type ScriptedGlance, scriptGlance } from './scripted-glance.ts';

const at = useHttpCloud();
const makeTools = useTestTools(at);
const DATA = Buffer.concat([QCOW2_MAGIC, Buffer.alloc(200_000, 7)]);
const FILE = 'PUT /v2/images/*/file';
let glance: ScriptedGlance;
let folder = '';

beforeEach(async () => {
  glance = scriptGlance(at.http);
  folder = await mkdtemp(join(tmpdir(), 'store-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function fileOf(data: Buffer): Promise<string> {
  const path = join(folder, 'image');
  await writeFile(path, data);
  return path;
}
const upload = (imagePath: string, tools: Context, keepRevisions = 5) =>
  uploadImage({ arch: 'arm64', cloudName: 'c1', imageName: 'noble', imagePath, keepRevisions }, tools);

/** Uploads DATA from a stream, as base images are, of which `size` bytes were promised. */
const uploadStream = (size: number, tools: Context) => {
  const open = () => {
    const verified = new VerifiedStream({ size });
    const stream = Readable.from([DATA.subarray(0, 1000), DATA.subarray(1000)]);
    feed(stream, verified, (cause) => new SourceError('cut', { cause }));
    return Promise.resolve(asData(verified, size));
  };
  const record = { id: 'i1', name: 'noble', diskFormat: 'qcow2', properties: {} };
  return uploadNewImage(at.cloud, { record, source: { what: 'the upload', attempts: 1, open } }, tools);
};

describe('an uploaded image', () => {
  test.each([
    ['qcow2', DATA],
    ['raw', Buffer.alloc(100_000, 1)],
    ['raw', Buffer.from('QF')],
  ])(
    'of a file is %s by how it begins, and stands under its name only when it is whole',
    async (format, data) => {
      const image = await upload(await fileOf(data), makeTools().tools);
      expect(at.http.seen(FILE)[0]?.body.equals(data)).toBe(true);
      expect(at.http.seen('POST /v2/images')[0]?.json).toMatchObject({
        name: 'noble.building-b1',
        disk_format: format,
        architecture: 'aarch64',
        [OWNER_KEYS.kind]: 'runner',
      });
      expect(image).toMatchObject({ name: 'noble', status: 'active' });
    },
  );

  test('may come as a stream of known size', async () => {
    expect(await uploadStream(DATA.length, makeTools().tools)).toMatchObject({ id: 'i1', status: 'active' });
    expect(at.http.seen(FILE)[0]?.headers['content-length']).toBe(String(DATA.length));
  });

  test('is checked against the hash that Glance keeps', async () => {
    const keep = (value: string) => {
      at.http.on(FILE, ({ url }) => {
        const id = url.pathname.split('/').at(-2) ?? '';
        const hash = { os_hash_algo: 'sha512', os_hash_value: value };
        glance.images.set(id, { ...glance.images.get(id), ...hash, id, status: 'active' });
        return { status: 204 };
      });
    };
    keep(createHash('sha512').update(DATA).digest('hex'));
    await upload(await fileOf(DATA), makeTools().tools);
    glance.images.clear();
    keep('0'.repeat(128));
    const error = await failureOf(upload(await fileOf(DATA), makeTools().tools));
    expect(error).toMatchObject({ first: { message: expect.stringMatching('stored other data') } });
    expect(glance.images.size).toBe(0);
  });

  test('prunes the older revisions when it is good', async () => {
    for (const id of ['a', 'b', 'c']) glance.add({ id });
    const { tools, facts } = makeTools();
    const { id } = await upload(await fileOf(DATA), tools, 2);
    expect([...glance.images.keys()]).toEqual(['c', id]);
    expect(facts().pruned?.images.map(({ outcome }) => outcome)).toEqual([
      'kept',
      'kept',
      'deleted',
      'deleted',
    ]);
  });

  test('stays good when the prune fails, which is told', async () => {
    glance.add({ id: 'a' });
    at.http.on('DELETE /v2/images/a', { status: 409, body: 'in use' });
    const { tools, warnings } = makeTools();
    await upload(await fileOf(DATA), tools, 1);
    expect(warnings).toEqual([expect.stringMatching(/^revision a was not pruned: .*in use/)]);
  });

  test.each([
    ['fewer bytes than promised', DATA.length + 1],
    ['more bytes than promised', DATA.length - 1],
  ])('with %s is never good, and deleted', async (_, size) => {
    expect(await failureOf(uploadStream(size, makeTools().tools))).toBeInstanceOf(UploadImageError);
    expect(glance.images.size).toBe(0);
  });

  test('keeps the record of another upload that has its id', async () => {
    glance.add({ id: 'i1', status: 'queued' });
    expect(await uploadStream(DATA.length, makeTools().tools)).toBeUndefined();
    expect([...glance.images.keys()]).toEqual(['i1']);
  });

  test.each([
    ['quota is used up', 413, 'denied'],
    ['service fails', 500, 'unavailable'],
  ])('for which the %s is an UploadImageError of that kind, and nothing is left', async (_, status, kind) => {
    at.http.on(FILE, { status, body: 'no' });
    const error = await failureOf(upload(await fileOf(DATA), makeTools().tools));
    expect(error).toMatchObject({ kind, step: 'upload image', first: expect.any(UploadImageError) });
    expect(glance.images.size).toBe(0);
  });

  test('of a file that is not there is wrong input, before anything is made', async () => {
    await expect(upload(join(folder, 'none'), makeTools().tools)).rejects.toBeInstanceOf(InputError);
    await expect(upload(folder, makeTools().tools)).rejects.toBeInstanceOf(InputError);
    expect(at.http.seen('POST /v2/images')).toEqual([]);
  });
});

describe('the latest build', () => {
  const latest = (change: Partial<Context> = {}, which?: 'any') =>
    getLatestBuildId('c1', 'noble', makeTools(change).tools, which);

  test('is the newest active image of the name', async () => {
    glance.add({ id: 'old' });
    glance.add({ id: 'new' });
    glance.add({ id: 'unfinished', status: 'saving' });
    glance.add({ id: 'other', name: 'noble-2' });
    expect([await latest(), await latest({}, 'any')]).toEqual(['new', 'unfinished']);
  });

  test('is nothing when there is none', async () => {
    expect(await latest()).toBe('');
  });

  test('of an owner is that owner’s', async () => {
    glance.add({ id: 'mine', ...encodeOwner({ ...OWNER, buildId: 'b0' }) });
    glance.add({ id: 'theirs', ...encodeOwner({ ...OWNER, application: 'x' }) });
    expect(await latest({ ownerFilter: OWNER })).toBe('mine');
  });

  test('that cannot be looked up is a GetImageError of the cloud’s kind', async () => {
    at.http.on('GET /v2/images', { status: 403 });
    const error = await failureOf(latest());
    expect(error).toBeInstanceOf(GetImageError);
    expect(error).toMatchObject({ kind: 'denied' });
  });
});
