import { randomBytes } from 'node:crypto';
import { expect } from '@jest/globals';
import { ForbiddenError, NotFoundError } from '../../../src/model/cloud/cloud-errors.ts';
import type { Cloud } from '../../../src/openstack/cloud.ts';
import {
  acceptImage,
  createImageMember,
  deleteImageMember,
  listImageMembers,
} from '../../../src/openstack/image-members.ts';
import { deleteImage, findImage, updateImage } from '../../../src/openstack/images.ts';
import type { ContractCase, CaseContext } from '../contract.ts';
import { NEVER, connectAs, expectError, makeImage, upload } from './expectations.ts';

interface Offer {
  readonly owner: Cloud;
  readonly other: Cloud;
  readonly otherId: string;
  readonly id: string;
}

/** Creates a private image of the builder and connects as the neighbour. */
async function makePrivate(context: CaseContext): Promise<Offer> {
  const [owner, other] = await Promise.all([connectAs(context, 'builder'), connectAs(context, 'neighbour')]);
  const { id } = await makeImage(context, owner, { name: context.name('image') });
  return { owner, other, otherId: await other.projectId(), id };
}

/** Creates an image of the builder and shares it with the neighbour. */
async function makeOffer(context: CaseContext): Promise<Offer> {
  const offer = await makePrivate(context);
  await updateImage(offer.owner, offer.id, { visibility: 'shared', properties: {} });
  expect(await createImageMember(offer.owner, offer.id, offer.otherId)).toBe(true);
  return offer;
}

/** Returns the ids of another owner's shared images in the project's list. */
async function listShared(cloud: Cloud, owner: string): Promise<readonly unknown[]> {
  const query = { owner, visibility: 'shared' };
  const request = { operation: 'list images', method: 'GET', path: '/images', query } as const;
  const { body } = await cloud.image.send(request);
  return (body as { readonly images: readonly { readonly id: string }[] }).images.map(({ id }) => id);
}

/** The behaviour that the product relies on when it shares images within a cloud. */
export const imageMemberCases: readonly ContractCase[] = [
  {
    verb: 'createImageMember',
    outcome: 'a private image causes a ForbiddenError',
    run: async (context) => {
      const { owner, otherId, id } = await makePrivate(context);
      await expectError(createImageMember(owner, id, otherId), ForbiddenError);
    },
  },
  {
    verb: 'createImageMember',
    outcome: 'sharing an image returns true; the member can read it, but its lists do not contain it yet',
    run: async (context) => {
      const { owner, other, otherId, id } = await makeOffer(context);
      expect(await listImageMembers(owner, id)).toEqual([{ projectId: otherId, status: 'pending' }]);
      expect(await findImage(other, id)).toMatchObject({ id, visibility: 'shared' });
      expect(await listShared(other, await owner.projectId())).not.toContain(id);
    },
  },
  {
    verb: 'createImageMember',
    outcome: 'an image that is already shared with the project returns false',
    run: async (context) => {
      const { owner, otherId, id } = await makeOffer(context);
      expect(await createImageMember(owner, id, otherId)).toBe(false);
    },
  },
  {
    verb: 'createImageMember',
    outcome: 'a missing image causes a NotFoundError',
    run: async (context) => {
      const cloud = await connectAs(context, 'builder');
      await expectError(createImageMember(cloud, NEVER, await cloud.projectId()), NotFoundError);
    },
  },
  {
    verb: 'createImageMember',
    outcome: 'a call by a member causes a ForbiddenError',
    run: async (context) => {
      const { other, otherId, id } = await makeOffer(context);
      await expectError(createImageMember(other, id, otherId), ForbiddenError);
    },
  },
  {
    verb: 'listImageMembers',
    outcome: 'an image without members returns an empty list',
    run: async (context) => {
      const { owner, id } = await makePrivate(context);
      await updateImage(owner, id, { visibility: 'shared', properties: {} });
      expect(await listImageMembers(owner, id)).toEqual([]);
    },
  },
  {
    verb: 'listImageMembers',
    outcome: 'a private image causes a ForbiddenError',
    run: async (context) => {
      const { owner, id } = await makePrivate(context);
      await expectError(listImageMembers(owner, id), ForbiddenError);
    },
  },
  {
    verb: 'listImageMembers',
    outcome: 'a member sees only itself',
    run: async (context) => {
      const { other, otherId, id } = await makeOffer(context);
      expect(await listImageMembers(other, id)).toEqual([{ projectId: otherId, status: 'pending' }]);
    },
  },
  {
    verb: 'listImageMembers',
    outcome: 'a missing image causes a NotFoundError',
    run: async (context) => {
      await expectError(listImageMembers(await connectAs(context, 'builder'), NEVER), NotFoundError);
    },
  },
  {
    verb: 'acceptImage',
    outcome: 'after the member accepts, its lists contain the image',
    run: async (context) => {
      const { owner, other, otherId, id } = await makeOffer(context);
      await upload(owner, id, randomBytes(100));
      await acceptImage(other, id);
      expect(await listImageMembers(owner, id)).toEqual([{ projectId: otherId, status: 'accepted' }]);
      expect(await listShared(other, await owner.projectId())).toContain(id);
    },
  },
  {
    verb: 'acceptImage',
    outcome: 'accepting an image that was not shared causes a NotFoundError',
    run: async (context) => {
      const { other, id } = await makePrivate(context);
      await expectError(acceptImage(other, id), NotFoundError);
    },
  },
  {
    verb: 'acceptImage',
    outcome: 'accepting as the owner causes a ForbiddenError',
    run: async (context) => {
      const { owner, id } = await makeOffer(context);
      await expectError(acceptImage(owner, id), ForbiddenError);
    },
  },
  {
    verb: 'deleteImageMember',
    outcome: 'a removed member can no longer read the image',
    run: async (context) => {
      const { owner, other, otherId, id } = await makeOffer(context);
      await acceptImage(other, id);
      await deleteImageMember(owner, id, otherId);
      expect(await findImage(other, id)).toBeUndefined();
    },
  },
  {
    verb: 'deleteImageMember',
    outcome: 'removing a missing member succeeds',
    run: async (context) => {
      const { owner, otherId, id } = await makeOffer(context);
      await deleteImageMember(owner, id, otherId);
      await deleteImageMember(owner, id, otherId);
    },
  },
  {
    verb: 'deleteImage',
    outcome: 'an image shared by another project causes a ForbiddenError',
    run: async (context) => {
      const { other, id } = await makeOffer(context);
      await expectError(deleteImage(other, id), ForbiddenError);
    },
  },
  {
    verb: 'updateImage',
    outcome: 'an image shared by another project causes a ForbiddenError',
    run: async (context) => {
      const { other, id } = await makeOffer(context);
      await expectError(updateImage(other, id, { properties: { mine: 'yes' } }), ForbiddenError);
    },
  },
];
