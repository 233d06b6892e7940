import { ConflictError, NotFoundError } from '../model/cloud-errors.ts';
import { fields, list, text } from '../model/decode.ts';
import type { Cloud } from './cloud.ts';

const memberFields = fields({ member_id: text, status: text });

/** A project that an image is shared with. */
export interface ImageMember {
  readonly projectId: string;
  /** Glance's own word: pending, accepted or rejected. */
  readonly status: string;
}

/** Lists the projects that an image is shared with; Glance tells them in one page. */
export async function listImageMembers(cloud: Cloud, imageId: string): Promise<readonly ImageMember[]> {
  const { members } = await cloud.image.read(
    { operation: `list members of image ${imageId}`, method: 'GET', path: `/images/${imageId}/members` },
    fields({ members: list(memberFields) }),
  );
  return members.map(({ member_id: projectId, status }) => ({ projectId, status }));
}

/** Offers the image to another project of the same cloud; `false` when it has the offer already. */
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

/** Accepts the offer as the project that it was made to: only then its lists have the image. */
export async function acceptImage(cloud: Cloud, imageId: string): Promise<void> {
  await cloud.image.send({
    operation: `accept image ${imageId}`,
    method: 'PUT',
    path: `/images/${imageId}/members/${await cloud.projectId()}`,
    body: { status: 'accepted' },
  });
}

/** Takes the offer back; one that is gone is fine. */
export async function deleteImageMember(cloud: Cloud, imageId: string, projectId: string): Promise<void> {
  const path = `/images/${imageId}/members/${projectId}`;
  try {
    await cloud.image.send({ operation: `unshare image ${imageId}`, method: 'DELETE', path });
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
}
