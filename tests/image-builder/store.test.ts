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
import { QCOW2_MAGIC } from '../../src/model/disk-format.ts';
import { pipeWithErrors } from '../../src/system/streams/pipe-with-errors.ts';
import { SourceError } from '../../src/system/streams/source-error.ts';
import { VerifiedStream } from '../../src/system/streams/verified-stream.ts';
import { failureOf } from '../support/cloud-fixture.ts';
import { OWNER, useTestTools } from './make-test-tools.ts';
import { useEmulator } from './use-emulator.ts';

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

/** Uploads DATA from a stream, as base images are, of which `size` bytes were promised. */
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
    'of a file is %s by how it begins, and stands under its name only when it is whole',
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

  test('may come as a stream of known size', async () => {
    expect(await uploadStream(DATA.length, makeTools().tools)).toMatchObject({ id: ID, status: 'active' });
    expect(images().get(ID)).toMatchObject({ size: DATA.length });
    expect(at.openstack.state.imageData.get(ID)?.equals(DATA)).toBe(true);
  });

  test('is checked against the hash that Glance keeps', async () => {
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

  test('prunes the older revisions when it is good', async () => {
    for (const id of ['a', 'b', 'c']) at.add({ id });
    const { tools, facts } = makeTools();
    const { id } = await upload(await fileOf(DATA), tools, 2);
    expect([...images().keys()]).toEqual(['c', id]);
    expect(facts().pruned?.images.map(({ outcome }) => outcome)).toEqual([
      'kept',
      'kept',
      'deleted',
      'deleted',
    ]);
  });

  test('stays good when the prune fails, which is told', async () => {
    at.add({ id: 'a' });
    at.disturb('DELETE /image/v2/images/a', { status: 409, body: 'in use' });
    const { tools, warnings } = makeTools();
    await upload(await fileOf(DATA), tools, 1);
    expect(warnings).toEqual([expect.stringMatching(/^revision a was not pruned: .*in use/)]);
  });

  test.each([
    ['fewer bytes than promised', DATA.length + 1],
    ['more bytes than promised', DATA.length - 1],
  ])('with %s is never good, and deleted', async (_, size) => {
    expect(await failureOf(uploadStream(size, makeTools().tools))).toBeInstanceOf(UploadImageError);
    expect(images().size).toBe(0);
  });

  test('keeps the record of another upload that has its id', async () => {
    at.add({ id: ID, status: 'queued' });
    expect(await uploadStream(DATA.length, makeTools().tools)).toBeUndefined();
    expect([...images().keys()]).toEqual([ID]);
  });

  test.each([
    ['quota is used up', 413, 'denied'],
    ['service fails', 500, 'unavailable'],
  ])('for which the %s is an UploadImageError of that kind, and nothing is left', async (_, status, kind) => {
    at.disturb(FILE, { status, body: 'no' });
    const error = await failureOf(upload(await fileOf(DATA), makeTools().tools));
    expect(error).toMatchObject({ kind, step: 'upload image', first: expect.any(UploadImageError) });
    expect(images().size).toBe(0);
  });

  test('of a file that is not there is wrong input, before anything is made', async () => {
    await expect(upload(join(folder, 'none'), makeTools().tools)).rejects.toBeInstanceOf(InputError);
    await expect(upload(folder, makeTools().tools)).rejects.toBeInstanceOf(InputError);
    expect(at.seen('POST /image/v2/images')).toEqual([]);
  });
});

describe('the latest build', () => {
  const latest = (change: Partial<Context> = {}, which?: 'any') =>
    getLatestBuildId('c1', 'noble', makeTools(change).tools, which);

  test('is the newest active image of the name', async () => {
    at.add({ id: 'old' });
    at.add({ id: 'new' });
    at.add({ id: 'unfinished', status: 'saving' });
    at.add({ id: 'other', name: 'noble-2' });
    expect([await latest(), await latest({}, 'any')]).toEqual(['new', 'unfinished']);
  });

  test('is nothing when there is none', async () => {
    expect(await latest()).toBe('');
  });

  test('of an owner is that owner’s', async () => {
    at.add({ id: 'mine', ...encodeOwner({ ...OWNER, buildId: 'b0' }) });
    at.add({ id: 'theirs', ...encodeOwner({ ...OWNER, application: 'x' }) });
    expect(await latest({ ownerFilter: OWNER })).toBe('mine');
  });

  test('that cannot be looked up is a GetImageError of the cloud’s kind', async () => {
    at.disturb('GET /image/v2/images', { status: 403 });
    const error = await failureOf(latest());
    expect(error).toBeInstanceOf(GetImageError);
    expect(error).toMatchObject({ kind: 'denied' });
  });
});
