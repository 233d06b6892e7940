import { randomBytes } from 'node:crypto';
import { expect } from '@jest/globals';
import { ForbiddenError, NotFoundError } from '../../../src/model/cloud-errors.ts';
import type { Cloud } from '../../../src/openstack/cloud.ts';
import {
  acceptImage,
  createImageMember,
  deleteImageMember,
  listImageMembers,
} from '../../../src/openstack/image-members.ts';
import { deleteImage, findImage, updateImage } from '../../../src/openstack/images.ts';
import type { ContractCase, World } from '../contract.ts';
import { NEVER, connectAs, expectError, makeImage, upload } from './expectations.ts';

interface Offer {
  readonly owner: Cloud;
  readonly other: Cloud;
  readonly otherId: string;
  readonly id: string;
}

/** A private image of the builder's, and the neighbour. */
async function makePrivate(world: World): Promise<Offer> {
  const [owner, other] = await Promise.all([connectAs(world, 'builder'), connectAs(world, 'neighbour')]);
  const { id } = await makeImage(world, owner, { name: world.name('image') });
  return { owner, other, otherId: await other.projectId(), id };
}

/** The same, offered to the neighbour. */
async function makeOffer(world: World): Promise<Offer> {
  const offer = await makePrivate(world);
  await updateImage(offer.owner, offer.id, { visibility: 'shared', properties: {} });
  expect(await createImageMember(offer.owner, offer.id, offer.otherId)).toBe(true);
  return offer;
}

/** The ids of the images that the project's lists have from others. */
async function listShared(cloud: Cloud, owner: string): Promise<readonly unknown[]> {
  const query = { owner, visibility: 'shared' };
  const request = { operation: 'list images', method: 'GET', path: '/images', query } as const;
  const { body } = await cloud.image.send(request);
  return (body as { readonly images: readonly { readonly id: string }[] }).images.map(({ id }) => id);
}

/** What the product relies on when it shares images within a cloud. */
export const imageMemberCases: readonly ContractCase[] = [
  {
    verb: 'createImageMember',
    outcome: 'a private image: ForbiddenError',
    run: async (world) => {
      const { owner, otherId, id } = await makePrivate(world);
      await expectError(createImageMember(owner, id, otherId), ForbiddenError);
    },
  },
  {
    verb: 'createImageMember',
    outcome: 'a shared image: true; the other sees it, its lists have it not yet',
    run: async (world) => {
      const { owner, other, otherId, id } = await makeOffer(world);
      expect(await listImageMembers(owner, id)).toEqual([{ projectId: otherId, status: 'pending' }]);
      expect(await findImage(other, id)).toMatchObject({ id, visibility: 'shared' });
      expect(await listShared(other, await owner.projectId())).not.toContain(id);
    },
  },
  {
    verb: 'createImageMember',
    outcome: 'offered before: false',
    run: async (world) => {
      const { owner, otherId, id } = await makeOffer(world);
      expect(await createImageMember(owner, id, otherId)).toBe(false);
    },
  },
  {
    verb: 'createImageMember',
    outcome: 'an image that is not there: NotFoundError',
    run: async (world) => {
      const cloud = await connectAs(world, 'builder');
      await expectError(createImageMember(cloud, NEVER, await cloud.projectId()), NotFoundError);
    },
  },
  {
    verb: 'createImageMember',
    outcome: 'by a member: ForbiddenError',
    run: async (world) => {
      const { other, otherId, id } = await makeOffer(world);
      await expectError(createImageMember(other, id, otherId), ForbiddenError);
    },
  },
  {
    verb: 'listImageMembers',
    outcome: 'nobody: an empty list',
    run: async (world) => {
      const { owner, id } = await makePrivate(world);
      await updateImage(owner, id, { visibility: 'shared', properties: {} });
      expect(await listImageMembers(owner, id)).toEqual([]);
    },
  },
  {
    verb: 'listImageMembers',
    outcome: 'a private image: ForbiddenError',
    run: async (world) => {
      const { owner, id } = await makePrivate(world);
      await expectError(listImageMembers(owner, id), ForbiddenError);
    },
  },
  {
    verb: 'listImageMembers',
    outcome: 'by a member: itself',
    run: async (world) => {
      const { other, otherId, id } = await makeOffer(world);
      expect(await listImageMembers(other, id)).toEqual([{ projectId: otherId, status: 'pending' }]);
    },
  },
  {
    verb: 'listImageMembers',
    outcome: 'not there: NotFoundError',
    run: async (world) => {
      await expectError(listImageMembers(await connectAs(world, 'builder'), NEVER), NotFoundError);
    },
  },
  {
    verb: 'acceptImage',
    outcome: 'by the member: its lists have the image',
    run: async (world) => {
      const { owner, other, otherId, id } = await makeOffer(world);
      await upload(owner, id, randomBytes(100));
      await acceptImage(other, id);
      expect(await listImageMembers(owner, id)).toEqual([{ projectId: otherId, status: 'accepted' }]);
      expect(await listShared(other, await owner.projectId())).toContain(id);
    },
  },
  {
    verb: 'acceptImage',
    outcome: 'without an offer: NotFoundError',
    run: async (world) => {
      const { other, id } = await makePrivate(world);
      await expectError(acceptImage(other, id), NotFoundError);
    },
  },
  {
    verb: 'acceptImage',
    outcome: 'by the owner: ForbiddenError',
    run: async (world) => {
      const { owner, id } = await makeOffer(world);
      await expectError(acceptImage(owner, id), ForbiddenError);
    },
  },
  {
    verb: 'deleteImageMember',
    outcome: 'the other sees the image no more',
    run: async (world) => {
      const { owner, other, otherId, id } = await makeOffer(world);
      await acceptImage(other, id);
      await deleteImageMember(owner, id, otherId);
      expect(await findImage(other, id)).toBeUndefined();
    },
  },
  {
    verb: 'deleteImageMember',
    outcome: 'gone before: fine',
    run: async (world) => {
      const { owner, otherId, id } = await makeOffer(world);
      await deleteImageMember(owner, id, otherId);
      await deleteImageMember(owner, id, otherId);
    },
  },
  {
    verb: 'deleteImage',
    outcome: 'an image that others share: ForbiddenError',
    run: async (world) => {
      const { other, id } = await makeOffer(world);
      await expectError(deleteImage(other, id), ForbiddenError);
    },
  },
  {
    verb: 'updateImage',
    outcome: 'an image that others share: ForbiddenError',
    run: async (world) => {
      const { other, id } = await makeOffer(world);
      await expectError(updateImage(other, id, { properties: { mine: 'yes' } }), ForbiddenError);
    },
  },
];
