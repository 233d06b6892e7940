import { type RouteRequest, Refusal } from '../server/route.ts';
import type { CloudState, ImageRecord, Login } from '../cloud-state.ts';

/** Reports whether a project may see an image. It must be the owner or a member, or the image must be public. */
function isVisible(cloud: CloudState, image: ImageRecord, { projectId }: Login): boolean {
  if (image.owner === projectId || image.visibility === 'public') return true;
  return image.visibility === 'shared' && cloud.members.get(image.id)?.has(projectId) === true;
}

/** Reports whether an image appears in the lists of a project. A shared image does so after the member accepts it. */
export function isListed(cloud: CloudState, image: ImageRecord, login: Login): boolean {
  if (!isVisible(cloud, image, login)) return false;
  if (image.owner === login.projectId || image.visibility === 'public') return true;
  return cloud.members.get(image.id)?.get(login.projectId) === 'accepted';
}

/** Returns the image that the request names. Throws Refusal 404 with `message` if the client may not see it. */
export function getImage(
  { params, login }: RouteRequest,
  cloud: CloudState,
  message: (id: string) => string = (id) => `No image found with ID ${id}`,
): ImageRecord {
  const { id = '' } = params;
  const image = cloud.images.get(id);
  if (image === undefined || !isVisible(cloud, image, login)) throw new Refusal(404, message(id));
  return image;
}

/**
 * Returns the image that the request names. Throws Refusal 403 with `message` if the client may see the image but does
 * not own it, and Refusal 404 with `notFoundMessage` if the client may not see it.
 */
export function getOwnImage(
  request: RouteRequest,
  cloud: CloudState,
  message: (id: string) => string = () => 'You do not own this image',
  notFoundMessage?: (id: string) => string,
): ImageRecord {
  const image = getImage(request, cloud, notFoundMessage);
  if (image.owner !== request.login.projectId) throw new Refusal(403, message(image.id));
  return image;
}
