import { randomBytes } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { expect } from '@jest/globals';
import {
  CloudUnavailableError,
  ConflictError,
  NotFoundError,
  RejectedError,
} from '../../../src/model/cloud/cloud-errors.ts';
import type { Cloud } from '../../../src/openstack/cloud.ts';
import { openImageData, uploadImageData } from '../../../src/openstack/image-data.ts';
import { deleteImage, findImage } from '../../../src/openstack/images.ts';
import { createHash } from 'node:crypto';
import type { ContractCase } from '../contract.ts';
import {
  NEVER,
  connectAs,
  expectError,
  forever,
  makeActiveImage,
  makeImage,
  upload,
} from './expectations.ts';

const read = async (cloud: Cloud, id: string, offset: number): Promise<Buffer> =>
  buffer(await openImageData(cloud, id, offset, forever));

const hash = (algorithm: string, data: Buffer): string => createHash(algorithm).update(data).digest('hex');

/** Waits until the image has the status. Glance notices only after a moment that a client has disconnected. */
async function waitForStatus(cloud: Cloud, id: string, status: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  while ((await findImage(cloud, id))?.status !== status) {
    if (Date.now() > deadline) throw new Error(`expected the image to be ${status} in time`);
    await cloud.clock.sleep(200);
  }
}

/** The behaviour that the product relies on when it copies images between clouds. */
export const imageDataCases: readonly ContractCase[] = [
  {
    verb: 'uploadImageData',
    outcome: 'a complete upload makes the image active, with size, SHA-512 and MD5',
    run: async (context) => {
      const cloud = await connectAs(context, 'consumer');
      const { id, data } = await makeActiveImage(context, cloud, 'image');
      expect(await findImage(cloud, id)).toMatchObject({
        status: 'active',
        size: data.length,
        hash: { algorithm: 'sha512', value: hash('sha512', data) },
        checksum: hash('md5', data),
      });
    },
  },
  {
    verb: 'uploadImageData',
    outcome: 'an empty upload makes the image active with size 0',
    run: async (context) => {
      const cloud = await connectAs(context, 'consumer');
      const { id } = await makeImage(context, cloud, { name: context.name('image') });
      await upload(cloud, id, Buffer.alloc(0));
      expect(await findImage(cloud, id)).toMatchObject({ status: 'active', size: 0 });
    },
  },
  {
    verb: 'uploadImageData',
    outcome: 'a second upload causes a ConflictError and keeps the data',
    run: async (context) => {
      const cloud = await connectAs(context, 'consumer');
      const { id, data } = await makeActiveImage(context, cloud, 'image');
      await expectError(upload(cloud, id, randomBytes(10)), ConflictError);
      expect((await read(cloud, id, 0)).equals(data)).toBe(true);
    },
  },
  {
    verb: 'uploadImageData',
    outcome: 'a missing image causes a NotFoundError',
    run: async (context) => {
      await expectError(upload(await connectAs(context, 'consumer'), NEVER, randomBytes(10)), NotFoundError);
    },
  },
  {
    verb: 'uploadImageData',
    outcome: 'fewer bytes than announced cause a CloudUnavailableError, and the image is queued again',
    run: async (context) => {
      const cloud = await connectAs(context, 'consumer');
      const { id } = await makeImage(context, cloud, { name: context.name('image') });
      const source = Readable.from([randomBytes(500)]);
      await expectError(
        uploadImageData(cloud, id, { source, size: 1000, timeoutMs: 60_000 }, forever),
        CloudUnavailableError,
      );
      await waitForStatus(cloud, id, 'queued');
    },
  },
  {
    verb: 'uploadImageData',
    outcome: 'an image whose upload was stopped is queued again and accepts another upload',
    run: async (context) => {
      const cloud = await connectAs(context, 'consumer');
      const { id } = await makeImage(context, cloud, { name: context.name('image') });
      const stop = new AbortController();
      const source = new PassThrough();
      source.write(randomBytes(50_000));
      const sent = uploadImageData(cloud, id, { source, size: 100_000, timeoutMs: 60_000 }, stop.signal);
      const ended = expect(sent).rejects.toThrow();
      await waitForStatus(cloud, id, 'saving');
      stop.abort();
      await ended;
      await waitForStatus(cloud, id, 'queued');
      await upload(cloud, id, randomBytes(100));
      expect(await findImage(cloud, id)).toMatchObject({ status: 'active', size: 100 });
    },
  },
  {
    verb: 'uploadImageData',
    outcome: 'deleting the image during the upload causes a RejectedError',
    run: async (context) => {
      const cloud = await connectAs(context, 'consumer');
      const { id } = await makeImage(context, cloud, { name: context.name('image') });
      const source = new PassThrough();
      source.write(randomBytes(50_000));
      const sent = expectError(
        uploadImageData(cloud, id, { source, size: 100_000, timeoutMs: 60_000 }, forever),
        RejectedError,
      );
      await waitForStatus(cloud, id, 'saving');
      await deleteImage(cloud, id);
      source.end(randomBytes(50_000));
      expect((await sent).call.status).toBe(410);
    },
  },
  {
    verb: 'openImageData',
    outcome: 'a download from offset 0 returns all data',
    run: async (context) => {
      const cloud = await connectAs(context, 'consumer');
      const { id, data } = await makeActiveImage(context, cloud, 'image');
      expect((await read(cloud, id, 0)).equals(data)).toBe(true);
    },
  },
  {
    verb: 'openImageData',
    outcome: 'a download from an offset returns the data after it',
    run: async (context) => {
      const cloud = await connectAs(context, 'consumer');
      const { id, data } = await makeActiveImage(context, cloud, 'image');
      expect((await read(cloud, id, 99_000)).equals(data.subarray(99_000))).toBe(true);
    },
  },
  {
    verb: 'openImageData',
    outcome: 'a download from the end of the data causes a RejectedError',
    run: async (context) => {
      const cloud = await connectAs(context, 'consumer');
      const { id, data } = await makeActiveImage(context, cloud, 'image');
      await expectError(openImageData(cloud, id, data.length, forever), RejectedError);
    },
  },
  {
    verb: 'openImageData',
    outcome: 'an image without data causes an error instead of an empty stream',
    run: async (context) => {
      const cloud = await connectAs(context, 'consumer');
      const { id } = await makeImage(context, cloud, { name: context.name('image') });
      const { call } = await expectError(openImageData(cloud, id, 0, forever), RejectedError);
      expect(call.status).toBe(204);
    },
  },
  {
    verb: 'openImageData',
    outcome: 'a missing image causes a NotFoundError',
    run: async (context) => {
      const cloud = await connectAs(context, 'consumer');
      await expectError(openImageData(cloud, NEVER, 0, forever), NotFoundError);
    },
  },
];
