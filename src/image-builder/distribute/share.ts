import { UploadImageError } from '../../model/errors.ts';
import type { Cloud, CloudConnection } from '../../openstack/cloud.ts';
import { acceptImage, createImageMember, deleteImageMember } from '../../openstack/image-members.ts';
import { type Image, findImage, updateImage } from '../../openstack/images.ts';

/**
 * Shares an image with a project of the same cloud and verifies that the project sees it as active. Withdraws its own
 * offer after a failure.
 */
export async function shareImage(source: CloudConnection, destination: Cloud, image: Image): Promise<void> {
  const owner = source.withSignal();
  const projectId = await destination.projectId();
  if (image.visibility === 'private')
    await updateImage(owner, image.id, { visibility: 'shared', properties: {} });
  const isNew = await createImageMember(owner, image.id, projectId);
  try {
    if (isNew) destination.noteCreated(image.id);
    await acceptImage(destination, image.id);
    const seen = await findImage(destination, image.id);
    if (seen?.status === 'active') return;
    throw new UploadImageError(
      `image ${image.id}: shared with cloud ${destination.name}, but that project does not see it as active`,
    );
  } catch (error) {
    if (isNew) await deleteImageMember(owner, image.id, projectId).catch(() => undefined); // the first failure is thrown
    throw error;
  }
}
