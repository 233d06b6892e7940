import { getImage, getOwnImage } from './image-access.ts';
import { listImagePage } from './list-image-page.ts';
import { patchImage } from './patch-image.ts';
import { parseNewImage } from './image-schema.ts';
import { addQueuedImage, removeImage } from './images.ts';
import { type RouteRequest, type RouteResponse, Refusal, type Route } from '../server/route.ts';
import type { CloudState } from '../cloud-state.ts';

/** The routes for image records. */
export const imageRoutes: readonly Route[] = [
  { route: 'GET /image/v2/images', answer: listImagePage },
  { route: 'POST /image/v2/images', answer: create },
  {
    route: 'GET /image/v2/images/:id',
    answer: (request, cloud) => ({ status: 200, body: getImage(request, cloud) }),
  },
  { route: 'PATCH /image/v2/images/:id', answer: patchImage },
  { route: 'DELETE /image/v2/images/:id', answer: remove },
];

async function create(request: RouteRequest, cloud: CloudState): Promise<RouteResponse> {
  const image = parseNewImage(await request.json(), request.login.projectId);
  if (image.visibility === 'public') {
    throw new Refusal(403, 'You are not authorized to complete publicize_image action.');
  }
  if (image.id !== undefined && cloud.usedImageIds.has(image.id)) {
    throw new Refusal(409, `Image ID ${image.id} already exists!`);
  }
  const record = addQueuedImage(cloud, image);
  const headers = { location: `${request.origin}/image/v2/images/${record.id}` };
  return { status: 201, headers, body: record };
}

function remove(request: RouteRequest, cloud: CloudState): RouteResponse {
  const notFoundMessage = (id: string): string => `Failed to find image ${id} to delete`;
  const image = getOwnImage(request, cloud, undefined, notFoundMessage);
  if (image['protected'] === true) {
    throw new Refusal(403, `Image ${image.id} is protected and cannot be deleted.`);
  }
  removeImage(cloud, image.id);
  return { status: 204 };
}
