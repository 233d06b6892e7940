import { type Asked, Refusal } from './route.ts';
import type { CloudState, ImageRecord, Login } from './state.ts';

/** Its owner's project, everybody for a public one, and whom it was offered to. */
function isVisible(cloud: CloudState, image: ImageRecord, { projectId }: Login): boolean {
  if (image.owner === projectId || image.visibility === 'public') return true;
  return image.visibility === 'shared' && cloud.members.get(image.id)?.has(projectId) === true;
}

/** Lists have what was offered only once it is accepted. */
export function isListed(cloud: CloudState, image: ImageRecord, login: Login): boolean {
  if (!isVisible(cloud, image, login)) return false;
  if (image.owner === login.projectId || image.visibility === 'public') return true;
  return cloud.members.get(image.id)?.get(login.projectId) === 'accepted';
}

/** The image that the request names, if who asks sees it; `told` is what Glance says if not. */
export function getImage(
  { params, login }: Asked,
  cloud: CloudState,
  told: (id: string) => string = (id) => `No image found with ID ${id}`,
): ImageRecord {
  const { id = '' } = params;
  const image = cloud.images.get(id);
  if (image === undefined || !isVisible(cloud, image, login)) throw new Refusal(404, told(id));
  return image;
}

/** The image that the request names, if it belongs to who asks; `told` is what Glance says if only seen. */
export function getOwnImage(
  asked: Asked,
  cloud: CloudState,
  told: (id: string) => string = () => 'You do not own this image',
  absent?: (id: string) => string,
): ImageRecord {
  const image = getImage(asked, cloud, absent);
  if (image.owner !== asked.login.projectId) throw new Refusal(403, told(image.id));
  return image;
}
