import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import { ConflictError, RejectedError } from '../../../src/model/cloud/cloud-errors.ts';
import { createImage, deleteImage, findImage } from '../../../src/openstack/images.ts';
import type { ContractCase } from '../contract.ts';
import { NEVER, connectAs, expectError, imageSpec as spec, makeImage } from './expectations.ts';

const OWN = { image_builder_application: 'app', image_builder_kind: 'runner' };

/** The behaviour of Glance's image records that the product relies on. */
export const imageCases: readonly ContractCase[] = [
  {
    verb: 'createImage',
    outcome: 'a new image is queued and private and has the requested attributes',
    run: async (context) => {
      const cloud = await connectAs(context, 'builder');
      const name = context.name('image');
      const made = await makeImage(context, cloud, { ...spec(name, OWN), minDisk: 3, minRam: 512 });
      expect(made).toMatchObject({
        ...{ name, status: 'queued', visibility: 'private', projectId: await cloud.projectId() },
        ...{ minDisk: 3, minRam: 512, diskFormat: 'qcow2', size: undefined, hash: undefined },
      });
      expect(made.properties).toMatchObject(OWN);
      expect(made.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    },
  },
  {
    verb: 'createImage',
    outcome: 'a requested id is used',
    run: async (context) => {
      const cloud = await connectAs(context, 'builder');
      const id = randomUUID();
      expect((await makeImage(context, cloud, { ...spec(context.name('image')), id })).id).toBe(id);
    },
  },
  {
    verb: 'createImage',
    outcome: 'an existing id causes a ConflictError',
    run: async (context) => {
      const cloud = await connectAs(context, 'builder');
      const { id } = await makeImage(context, cloud, spec(context.name('image')));
      await expectError(createImage(cloud, { ...spec(context.name('again')), id }), ConflictError);
    },
  },
  {
    verb: 'createImage',
    outcome: 'the id of a deleted image causes a ConflictError',
    run: async (context) => {
      const cloud = await connectAs(context, 'builder');
      const { id } = await makeImage(context, cloud, spec(context.name('image')));
      await deleteImage(cloud, id);
      await expectError(createImage(cloud, { ...spec(context.name('again')), id }), ConflictError);
    },
  },
  {
    verb: 'createImage',
    outcome: 'an id that is not a UUID causes a RejectedError',
    run: async (context) => {
      const cloud = await connectAs(context, 'builder');
      await expectError(createImage(cloud, { ...spec(context.name('image')), id: 'mine' }), RejectedError);
    },
  },
  {
    verb: 'createImage',
    outcome: 'a name of 256 characters causes a RejectedError',
    run: async (context) => {
      const cloud = await connectAs(context, 'builder');
      await expectError(createImage(cloud, spec(context.name('').padEnd(256, 'n'))), RejectedError);
    },
  },
  {
    verb: 'createImage',
    outcome: 'an unknown disk format causes a RejectedError',
    run: async (context) => {
      const cloud = await connectAs(context, 'builder');
      const odd = { ...spec(context.name('image')), diskFormat: 'zip' };
      await expectError(createImage(cloud, odd), RejectedError);
    },
  },
  {
    verb: 'findImage',
    outcome: 'an existing image is returned',
    run: async (context) => {
      const cloud = await connectAs(context, 'builder');
      const { id, name } = await makeImage(context, cloud, spec(context.name('image')));
      expect(await findImage(cloud, id)).toMatchObject({ id, name, status: 'queued' });
    },
  },
  {
    verb: 'findImage',
    outcome: 'a missing image returns undefined',
    run: async (context) => {
      expect(await findImage(await connectAs(context, 'builder'), NEVER)).toBeUndefined();
    },
  },
  {
    verb: 'findImage',
    outcome: 'a private image of another project returns undefined',
    run: async (context) => {
      const { id } = await makeImage(
        context,
        await connectAs(context, 'builder'),
        spec(context.name('image')),
      );
      expect(await findImage(await connectAs(context, 'neighbour'), id)).toBeUndefined();
    },
  },
  {
    verb: 'findImage',
    outcome: 'a public image of the operator is returned',
    run: async (context) => {
      const id = await context.bootImage();
      const found = await findImage(await connectAs(context, 'builder'), id);
      expect(found).toMatchObject({ id, visibility: 'public', status: 'active' });
    },
  },
];
