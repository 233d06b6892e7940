import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import { ConflictError, RejectedError } from '../../../src/model/cloud-errors.ts';
import { createImage, deleteImage, findImage } from '../../../src/openstack/images.ts';
import type { ContractCase } from '../contract.ts';
import { NEVER, connectAs, expectError, imageSpec as spec, makeImage } from './expectations.ts';

const OWN = { image_builder_application: 'app', image_builder_kind: 'runner' };

/** The behaviour of Glance's image records that the product relies on. */
export const imageCases: readonly ContractCase[] = [
  {
    verb: 'createImage',
    outcome: 'a new image is queued and private and has the requested attributes',
    run: async (world) => {
      const cloud = await connectAs(world, 'builder');
      const name = world.name('image');
      const made = await makeImage(world, cloud, { ...spec(name, OWN), minDisk: 3, minRam: 512 });
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
    run: async (world) => {
      const cloud = await connectAs(world, 'builder');
      const id = randomUUID();
      expect((await makeImage(world, cloud, { ...spec(world.name('image')), id })).id).toBe(id);
    },
  },
  {
    verb: 'createImage',
    outcome: 'an existing id causes a ConflictError',
    run: async (world) => {
      const cloud = await connectAs(world, 'builder');
      const { id } = await makeImage(world, cloud, spec(world.name('image')));
      await expectError(createImage(cloud, { ...spec(world.name('again')), id }), ConflictError);
    },
  },
  {
    verb: 'createImage',
    outcome: 'the id of a deleted image causes a ConflictError',
    run: async (world) => {
      const cloud = await connectAs(world, 'builder');
      const { id } = await makeImage(world, cloud, spec(world.name('image')));
      await deleteImage(cloud, id);
      await expectError(createImage(cloud, { ...spec(world.name('again')), id }), ConflictError);
    },
  },
  {
    verb: 'createImage',
    outcome: 'an id that is not a UUID causes a RejectedError',
    run: async (world) => {
      const cloud = await connectAs(world, 'builder');
      await expectError(createImage(cloud, { ...spec(world.name('image')), id: 'mine' }), RejectedError);
    },
  },
  {
    verb: 'createImage',
    outcome: 'a name of 256 characters causes a RejectedError',
    run: async (world) => {
      const cloud = await connectAs(world, 'builder');
      await expectError(createImage(cloud, spec(world.name('').padEnd(256, 'n'))), RejectedError);
    },
  },
  {
    verb: 'createImage',
    outcome: 'an unknown disk format causes a RejectedError',
    run: async (world) => {
      const cloud = await connectAs(world, 'builder');
      const odd = { ...spec(world.name('image')), diskFormat: 'zip' };
      await expectError(createImage(cloud, odd), RejectedError);
    },
  },
  {
    verb: 'findImage',
    outcome: 'an existing image is returned',
    run: async (world) => {
      const cloud = await connectAs(world, 'builder');
      const { id, name } = await makeImage(world, cloud, spec(world.name('image')));
      expect(await findImage(cloud, id)).toMatchObject({ id, name, status: 'queued' });
    },
  },
  {
    verb: 'findImage',
    outcome: 'a missing image returns undefined',
    run: async (world) => {
      expect(await findImage(await connectAs(world, 'builder'), NEVER)).toBeUndefined();
    },
  },
  {
    verb: 'findImage',
    outcome: 'a private image of another project returns undefined',
    run: async (world) => {
      const { id } = await makeImage(world, await connectAs(world, 'builder'), spec(world.name('image')));
      expect(await findImage(await connectAs(world, 'neighbour'), id)).toBeUndefined();
    },
  },
  {
    verb: 'findImage',
    outcome: 'a public image of the operator is returned',
    run: async (world) => {
      const id = await world.bootImage();
      const found = await findImage(await connectAs(world, 'builder'), id);
      expect(found).toMatchObject({ id, visibility: 'public', status: 'active' });
    },
  },
];
