import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { asData } from '../../src/image-builder/distribute/image-source.ts';
import { getLatestBuildId, uploadImage, uploadNewImage } from '../../src/image-builder/store.ts';
import type { Context } from '../../src/image-builder/context.ts';
import { GetImageError, InputError, UploadImageError } from '../../src/model/errors.ts';
import { OWNER_KEYS, encodeOwner } from '../../src/model/owner.ts';
import { QCOW2_MAGIC } from '../../src/model/image/disk-format.ts';
import { pipeWithErrors } from '../../src/system/streams/pipe-with-errors.ts';
import { SourceError } from '../../src/system/streams/source-error.ts';
import { VerifiedStream } from '../../src/system/streams/verified-stream.ts';
import { failureOf } from '../support/cloud-fixture.ts';
import { OWNER, useTestTools } from './make-test-tools.ts';
import { useEmulator } from './use-emulator.ts';
import { uuidOf } from '../support/uuid-of.ts';

const at = useEmulator();
const makeTools = useTestTools(at);
const DATA = Buffer.concat([QCOW2_MAGIC, Buffer.alloc(200_000, 7)]);
const ID = '11111111-2222-4333-8444-555555555555';
const FILE = 'PUT /image/v2/images/*/file';
const images = () => at.openstack.state.images;
let folder = '';

beforeEach(async () => {
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

/** Uploads DATA from a stream that announces `size` bytes, like a base image. */
const uploadStream = (size: number, tools: Context) => {
  const open = () => {
    const verified = new VerifiedStream({ size });
    const stream = Readable.from([DATA.subarray(0, 1000), DATA.subarray(1000)]);
    pipeWithErrors(stream, verified, (cause) => new SourceError('cut', { cause }));
    return Promise.resolve(asData(verified, size));
  };
  const record = { id: ID, name: 'noble', diskFormat: 'qcow2', properties: {} };
  return uploadNewImage(at.cloud, { record, source: { what: 'the upload', attempts: 1, open } }, tools);
};

describe('an uploaded image', () => {
  test.each([
    ['qcow2', DATA],
    ['raw', Buffer.alloc(100_000, 1)],
    ['raw', Buffer.from('QF')],
  ])(
    'The first bytes of an uploaded file make it %s, and the image gets its name after the upload',
    async (format, data) => {
      const records: object[] = [];
      at.openstack.faults.onNext(FILE, () => {
        for (const record of images().values()) records.push({ ...record });
      });
      const image = await upload(await fileOf(data), makeTools().tools);
      expect(at.openstack.state.imageData.get(image.id)?.equals(data)).toBe(true);
      expect(records).toHaveLength(1);
      expect(records[0]).toMatchObject({
        name: 'noble.building-b1',
        disk_format: format,
        architecture: 'aarch64',
        [OWNER_KEYS.kind]: 'runner',
      });
      expect(image).toMatchObject({ name: 'noble', status: 'active' });
    },
  );

  test('An image can be uploaded from a stream of known size', async () => {
    expect(await uploadStream(DATA.length, makeTools().tools)).toMatchObject({ id: ID, status: 'active' });
    expect(images().get(ID)).toMatchObject({ size: DATA.length });
    expect(at.openstack.state.imageData.get(ID)?.equals(DATA)).toBe(true);
  });

  test('An uploaded image is verified against the hash that Glance keeps', async () => {
    const { id } = await upload(await fileOf(DATA), makeTools().tools);
    const hash = createHash('sha512').update(DATA).digest('hex');
    expect(images().get(id)).toMatchObject({ os_hash_value: hash });
    images().clear();
    at.openstack.faults.onNext('GET /image/v2/images/*', () => {
      for (const image of images().values()) image['os_hash_value'] = '0'.repeat(128);
    });
    const error = await failureOf(upload(await fileOf(DATA), makeTools().tools));
    expect(error).toMatchObject({ first: { message: expect.stringMatching('stored other data') } });
    expect(images().size).toBe(0);
  });

  test('A successful upload prunes older revisions', async () => {
    for (const word of ['a', 'b', 'c']) at.add({ id: uuidOf(word) });
    const { tools, facts } = makeTools();
    const { id } = await upload(await fileOf(DATA), tools, 2);
    expect([...images().keys()]).toEqual([uuidOf('c'), id]);
    expect(facts().pruned?.images.map(({ outcome }) => outcome)).toEqual([
      'kept',
      'kept',
      'deleted',
      'deleted',
    ]);
  });

  test('A failed prune after an upload causes a warning only', async () => {
    at.add({ id: uuidOf('a') });
    at.disturb(`DELETE /image/v2/images/${uuidOf('a')}`, { status: 409, body: 'in use' });
    const { tools, warnings } = makeTools();
    await upload(await fileOf(DATA), tools, 1);
    expect(warnings).toEqual([expect.stringMatching(`^revision ${uuidOf('a')} was not pruned: .*in use`)]);
  });

  test.each([
    ['fewer bytes than promised', DATA.length + 1],
    ['more bytes than promised', DATA.length - 1],
  ])('An upload with %s fails, and its image is deleted', async (_, size) => {
    expect(await failureOf(uploadStream(size, makeTools().tools))).toBeInstanceOf(UploadImageError);
    expect(images().size).toBe(0);
  });

  test('An upload does not change the record of another upload with the same id', async () => {
    at.add({ id: ID, status: 'queued' });
    expect(await uploadStream(DATA.length, makeTools().tools)).toBeUndefined();
    expect([...images().keys()]).toEqual([ID]);
  });

  test.each([
    ['an exceeded quota', 413, 'denied'],
    ['a failed service', 500, 'unavailable'],
  ])(
    'An upload that fails because of %s is an UploadImageError of its kind and leaves no image',
    async (_, status, kind) => {
      at.disturb(FILE, { status, body: 'no' });
      const error = await failureOf(upload(await fileOf(DATA), makeTools().tools));
      expect(error).toMatchObject({ kind, step: 'upload image', first: expect.any(UploadImageError) });
      expect(images().size).toBe(0);
    },
  );

  test('A missing image file is an input error before anything is created', async () => {
    await expect(upload(join(folder, 'none'), makeTools().tools)).rejects.toBeInstanceOf(InputError);
    await expect(upload(folder, makeTools().tools)).rejects.toBeInstanceOf(InputError);
    expect(at.seen('POST /image/v2/images')).toEqual([]);
  });
});

describe('the latest build', () => {
  const latest = (change: Partial<Context> = {}, which?: 'any') =>
    getLatestBuildId('c1', 'noble', makeTools(change).tools, which);

  test('The latest build is the newest active image with the name', async () => {
    at.add({ id: uuidOf('old') });
    at.add({ id: uuidOf('new') });
    at.add({ id: uuidOf('unfinished'), status: 'saving' });
    at.add({ id: uuidOf('other'), name: 'noble-2' });
    expect([await latest(), await latest({}, 'any')]).toEqual([uuidOf('new'), uuidOf('unfinished')]);
  });

  test('The latest build is an empty id when there is no image', async () => {
    expect(await latest()).toBe('');
  });

  test('The latest build for an owner ignores images of other owners', async () => {
    at.add({ id: uuidOf('mine'), ...encodeOwner({ ...OWNER, buildId: 'b0' }) });
    at.add({ id: uuidOf('theirs'), ...encodeOwner({ ...OWNER, application: 'x' }) });
    expect(await latest({ ownerFilter: OWNER })).toBe(uuidOf('mine'));
  });

  test('A failed query for the latest build is a GetImageError of the same kind as the cloud’s error', async () => {
    at.disturb('GET /image/v2/images', { status: 403 });
    const error = await failureOf(latest());
    expect(error).toBeInstanceOf(GetImageError);
    expect(error).toMatchObject({ kind: 'denied' });
  });
});
