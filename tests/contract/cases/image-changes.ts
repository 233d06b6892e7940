import { expect } from '@jest/globals';
import { ConflictError, ForbiddenError, NotFoundError } from '../../../src/model/cloud/cloud-errors.ts';
import type { Cloud } from '../../../src/openstack/cloud.ts';
import { deleteImage, findImage, updateImage } from '../../../src/openstack/images.ts';
import type { ContractCase } from '../contract.ts';
import { NEVER, connectAs, expectError, imageSpec as spec, makeImage } from './expectations.ts';

const setProtected = (cloud: Cloud, id: string, value: boolean): Promise<unknown> =>
  cloud.image.send({
    operation: 'protect image',
    method: 'PATCH',
    path: `/images/${id}`,
    headers: { 'Content-Type': 'application/openstack-images-v2.1-json-patch' },
    body: JSON.stringify([{ op: 'replace', path: '/protected', value }]),
  });

/** The behaviour that the product relies on when it changes and deletes images. */
export const imageChangeCases: readonly ContractCase[] = [
  {
    verb: 'updateImage',
    outcome: 'name, visibility and properties change in one request',
    run: async (context) => {
      const cloud = await connectAs(context, 'builder');
      const { id } = await makeImage(context, cloud, spec(context.name('before'), { old: 'x', kept: 'y' }));
      const name = context.name('after');
      const properties = { new: '', 'a/b~c': 'odd', kept: 'z' };
      const changed = await updateImage(cloud, id, {
        name,
        visibility: 'shared',
        properties,
        removed: ['old'],
      });
      expect(changed).toMatchObject({ id, name, visibility: 'shared' });
      expect(changed.properties).toMatchObject(properties);
      expect(changed.properties).not.toHaveProperty('old');
      expect(await findImage(cloud, id)).toEqual(changed);
    },
  },
  {
    verb: 'updateImage',
    outcome: 'the minimum disk changes together with the name, up and down',
    run: async (context) => {
      const cloud = await connectAs(context, 'builder');
      const { id } = await makeImage(context, cloud, { ...spec(context.name('before')), minDisk: 20 });
      for (const minDisk of [3, 40]) {
        const name = context.name(`after-${minDisk}`);
        expect(await updateImage(cloud, id, { name, minDisk, properties: {} })).toMatchObject({
          name,
          minDisk,
        });
      }
    },
  },
  {
    verb: 'updateImage',
    outcome: 'removing a missing property causes a ConflictError and changes nothing',
    run: async (context) => {
      const cloud = await connectAs(context, 'builder');
      const { id, name } = await makeImage(context, cloud, spec(context.name('image')));
      const change = { name: context.name('after'), properties: { a: 'b' }, removed: ['never'] };
      await expectError(updateImage(cloud, id, change), ConflictError);
      const found = await findImage(cloud, id);
      expect(found?.name).toBe(name);
      expect(found?.properties).not.toHaveProperty('a');
    },
  },
  {
    verb: 'updateImage',
    outcome: 'changing an attribute that Glance owns causes a ForbiddenError',
    run: async (context) => {
      const cloud = await connectAs(context, 'builder');
      const { id } = await makeImage(context, cloud, spec(context.name('image')));
      await expectError(updateImage(cloud, id, { properties: { status: 'active' } }), ForbiddenError);
    },
  },
  {
    verb: 'updateImage',
    outcome: 'more than 128 properties cause status 413, a ForbiddenError',
    run: async (context) => {
      const cloud = await connectAs(context, 'builder');
      const { id } = await makeImage(context, cloud, spec(context.name('image')));
      const many = Array.from({ length: 140 }, (_, nth) => [`p${nth}`, 'x'] as const);
      const change = { properties: Object.fromEntries(many) };
      expect((await expectError(updateImage(cloud, id, change), ForbiddenError)).call.status).toBe(413);
    },
  },
  {
    verb: 'updateImage',
    outcome: 'a missing image causes a NotFoundError',
    run: async (context) => {
      const cloud = await connectAs(context, 'builder');
      await expectError(updateImage(cloud, NEVER, { properties: { a: 'b' } }), NotFoundError);
    },
  },
  {
    verb: 'deleteImage',
    outcome: 'a deleted image no longer exists',
    run: async (context) => {
      const cloud = await connectAs(context, 'builder');
      const { id } = await makeImage(context, cloud, spec(context.name('image')));
      await deleteImage(cloud, id);
      expect(await findImage(cloud, id)).toBeUndefined();
    },
  },
  {
    verb: 'deleteImage',
    outcome: 'deleting a missing image succeeds',
    run: async (context) => {
      await deleteImage(await connectAs(context, 'builder'), NEVER);
    },
  },
  {
    verb: 'deleteImage',
    outcome: 'a protected image causes a ForbiddenError and stays',
    run: async (context) => {
      const cloud = await connectAs(context, 'builder');
      const { id } = await makeImage(context, cloud, spec(context.name('image')));
      await setProtected(cloud, id, true);
      context.onEnd(() => setProtected(cloud, id, false));
      await expectError(deleteImage(cloud, id), ForbiddenError);
      expect(await findImage(cloud, id)).toMatchObject({ id });
    },
  },
  {
    verb: 'deleteImage',
    outcome: 'a public image of the operator causes a ForbiddenError',
    run: async (context) => {
      await expectError(
        deleteImage(await connectAs(context, 'builder'), await context.bootImage()),
        ForbiddenError,
      );
    },
  },
];
