import { ConflictError, NotFoundError } from '../model/cloud/cloud-errors.ts';
import { fields, list, projectId, nameText } from '../model/decode.ts';
import type { Cloud } from './cloud.ts';

const memberFields = fields({ member_id: projectId, status: nameText });

/** A project that an image is shared with. */
export interface ImageMember {
  readonly projectId: string;
  /** A status of Glance: pending, accepted or rejected. */
  readonly status: string;
}

/** Lists the projects that an image is shared with. Glance does not paginate this list. No member is skipped,
 * because an image is deleted when nobody uses it. */
export async function listImageMembers(cloud: Cloud, imageId: string): Promise<readonly ImageMember[]> {
  const { members } = await cloud.image.read(
    { operation: `list members of image ${imageId}`, method: 'GET', path: `/images/${imageId}/members` },
    fields({ members: list(memberFields) }),
  );
  return members.map(({ member_id: projectId, status }) => ({ projectId, status }));
}

/** Shares the image with another project of the same cloud. Returns false when it is already a member. */
export async function createImageMember(cloud: Cloud, imageId: string, projectId: string): Promise<boolean> {
  try {
    await cloud.image.send({
      operation: `share image ${imageId}`,
      method: 'POST',
      path: `/images/${imageId}/members`,
      body: { member: projectId },
    });
    return true;
  } catch (error) {
    if (error instanceof ConflictError) return false;
    throw error;
  }
}

/** Accepts a shared image as the project of `cloud`. Until then the project's image lists omit the image. */
export async function acceptImage(cloud: Cloud, imageId: string): Promise<void> {
  await cloud.image.send({
    operation: `accept image ${imageId}`,
    method: 'PUT',
    path: `/images/${imageId}/members/${await cloud.projectId()}`,
    body: { status: 'accepted' },
  });
}

/** Stops sharing the image with a project. Does nothing when the project is not a member. */
export async function deleteImageMember(cloud: Cloud, imageId: string, projectId: string): Promise<void> {
  const path = `/images/${imageId}/members/${projectId}`;
  try {
    await cloud.image.send({ operation: `unshare image ${imageId}`, method: 'DELETE', path });
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
}
