import { getImage, getOwnImage } from './image-access.ts';
import { type IncomingData, changeImage, receiveImageData } from './images.ts';
import { type RouteRequest, type RouteResponse, Refusal, type Route } from '../server/route.ts';
import type { CloudState, ImageRecord } from '../cloud-state.ts';

/** The routes for image data. */
export const dataRoutes: readonly Route[] = [
  { route: 'PUT /image/v2/images/:id/file', answer: upload },
  { route: 'GET /image/v2/images/:id/file', answer: download },
];

const BYTES = { 'content-type': 'application/octet-stream' };

async function upload(request: RouteRequest, cloud: CloudState): Promise<RouteResponse> {
  const type = request.headers['content-type'] ?? '';
  if (type !== BYTES['content-type']) {
    throw new Refusal(415, `The request media type ${type} is not supported by this server.`);
  }
  const denied = (id: string): string => `Not allowed to upload image data for image ${id}`;
  const image = getOwnImage(request, cloud, denied);
  if (image.status !== 'queued') {
    throw new Refusal(409, `Image status transition from ${image.status} to saving is not allowed`);
  }
  changeImage(cloud, image.id, { status: 'saving' });
  const data = await receive(request, image, cloud);
  const saved = cloud.images.get(image.id);
  if (saved === undefined) {
    const after = 'could not be found after upload. The image may have been deleted during the upload';
    throw new Refusal(410, `Image ${image.id} ${after}, cleaning up the chunks uploaded.`);
  }
  if (cloud.killNextUpload) {
    cloud.killNextUpload = false;
    changeImage(cloud, image.id, { status: 'killed' });
    throw new Refusal(
      500,
      'The server has either erred or is incapable of performing the requested operation.',
    );
  }
  data.store(saved);
  return { status: 204, headers: { 'content-type': 'text/html; charset=UTF-8' } };
}

/** Reads the data of an upload. An upload that is cut off leaves the image queued. */
async function receive(
  { stream }: RouteRequest,
  { id }: ImageRecord,
  cloud: CloudState,
): Promise<IncomingData> {
  const data = receiveImageData(cloud, { isKept: !cloud.discardsUploads });
  try {
    for await (const chunk of stream) data.add(chunk);
  } catch (cause) {
    changeImage(cloud, id, { status: 'queued' });
    throw cause;
  }
  return data;
}

function download(request: RouteRequest, cloud: CloudState): RouteResponse {
  const image = getImage(request, cloud);
  const data = cloud.imageData.get(image.id) ?? cloud.repeatedData.get(image.id);
  if (data === undefined || image.status !== 'active') return { status: 204 };
  const headers = { ...BYTES, 'content-md5': String(image['checksum']) };
  const { range } = request.headers;
  if (range === undefined) return { status: 200, headers, body: data };
  const { first, last } = parseRange(range, data.length);
  const withRange = { ...headers, 'content-range': `bytes ${first}-${last}/${data.length}` };
  return { status: 206, headers: withRange, body: data.subarray(first, last + 1) };
}

function parseRange(range: string, size: number): { readonly first: number; readonly last: number } {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(range) ?? [];
  const first = from === '' ? size - Number(to) : Number(from);
  if (first < size)
    return { first, last: from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1) };
  throw new Refusal(
    416,
    'The Range requested is not available.<br /><br />\nInvalid start position in Range header. ' +
      `Start position MUST be in the inclusive range [0, ${size - 1}].`,
  );
}
