import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import { ConflictError, RejectedError } from '../../../src/model/cloud-errors.ts';
import { createImage, deleteImage, findImage } from '../../../src/openstack/images.ts';
import type { ContractCase } from '../contract.ts';
import { NEVER, connectAs, expectError, imageSpec as spec, makeImage } from './expectations.ts';

const OWN = { image_builder_application: 'app', image_builder_kind: 'runner' };

/** What the product relies on in Glance's records. */
export const imageCases: readonly ContractCase[] = [
  {
    verb: 'createImage',
    outcome: 'queued and private, with what was asked for',
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
    outcome: 'with an id of ours: that id',
    run: async (world) => {
      const cloud = await connectAs(world, 'builder');
      const id = randomUUID();
      expect((await makeImage(world, cloud, { ...spec(world.name('image')), id })).id).toBe(id);
    },
  },
  {
    verb: 'createImage',
    outcome: 'an id that is taken: ConflictError',
    run: async (world) => {
      const cloud = await connectAs(world, 'builder');
      const { id } = await makeImage(world, cloud, spec(world.name('image')));
      await expectError(createImage(cloud, { ...spec(world.name('again')), id }), ConflictError);
    },
  },
  {
    verb: 'createImage',
    outcome: 'the id of a deleted image: ConflictError',
    run: async (world) => {
      const cloud = await connectAs(world, 'builder');
      const { id } = await makeImage(world, cloud, spec(world.name('image')));
      await deleteImage(cloud, id);
      await expectError(createImage(cloud, { ...spec(world.name('again')), id }), ConflictError);
    },
  },
  {
    verb: 'createImage',
    outcome: 'an id that is no UUID: RejectedError',
    run: async (world) => {
      const cloud = await connectAs(world, 'builder');
      await expectError(createImage(cloud, { ...spec(world.name('image')), id: 'mine' }), RejectedError);
    },
  },
  {
    verb: 'createImage',
    outcome: 'a name of 256 characters: RejectedError',
    run: async (world) => {
      const cloud = await connectAs(world, 'builder');
      await expectError(createImage(cloud, spec(world.name('').padEnd(256, 'n'))), RejectedError);
    },
  },
  {
    verb: 'createImage',
    outcome: 'an unknown disk format: RejectedError',
    run: async (world) => {
      const cloud = await connectAs(world, 'builder');
      const odd = { ...spec(world.name('image')), diskFormat: 'zip' };
      await expectError(createImage(cloud, odd), RejectedError);
    },
  },
  {
    verb: 'findImage',
    outcome: 'the image',
    run: async (world) => {
      const cloud = await connectAs(world, 'builder');
      const { id, name } = await makeImage(world, cloud, spec(world.name('image')));
      expect(await findImage(cloud, id)).toMatchObject({ id, name, status: 'queued' });
    },
  },
  {
    verb: 'findImage',
    outcome: 'not there: undefined',
    run: async (world) => {
      expect(await findImage(await connectAs(world, 'builder'), NEVER)).toBeUndefined();
    },
  },
  {
    verb: 'findImage',
    outcome: 'private to another project: undefined',
    run: async (world) => {
      const { id } = await makeImage(world, await connectAs(world, 'builder'), spec(world.name('image')));
      expect(await findImage(await connectAs(world, 'neighbour'), id)).toBeUndefined();
    },
  },
  {
    verb: 'findImage',
    outcome: "the operator's public one",
    run: async (world) => {
      const id = await world.bootImage();
      const found = await findImage(await connectAs(world, 'builder'), id);
      expect(found).toMatchObject({ id, visibility: 'public', status: 'active' });
    },
  },
];
