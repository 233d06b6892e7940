import { getOwnImage } from './image-access.ts';
import { checkImage, checkSettable, isProperty } from './image-schema.ts';
import { changeImage } from './images.ts';
import { type RouteRequest, type RouteResponse, Refusal } from '../server/route.ts';
import type { CloudState, ImageRecord } from '../cloud-state.ts';
import { type Decoded, anything, decode, fields, list, oneOf, text } from '../../../../src/model/decode.ts';

const changesFields = list(fields({ op: oneOf(['add', 'replace', 'remove']), path: text, value: anything }));
type Change = Decoded<typeof changesFields>[number];

const MEDIA_TYPE = /^application\/openstack-images-v2\.[01]-json-patch$/;

/** Applies a JSON patch to an image, completely or not at all. */
export async function patchImage(request: RouteRequest, cloud: CloudState): Promise<RouteResponse> {
  const type = request.headers['content-type'] ?? '';
  if (!MEDIA_TYPE.test(type)) {
    throw new Refusal(415, `The request media type ${type} is not supported by this server.`);
  }
  const changes = decode(
    changesFields,
    await request.json(),
    'patch',
    (problems) => new Refusal(400, problems.join('; ')),
  );
  for (const { path } of changes) checkSettable(keyOf(path));
  const image = getOwnImage(request, cloud);
  const draft = new Map(Object.entries(image));
  for (const change of changes) apply(draft, change);
  const changed = Object.fromEntries(draft) as ImageRecord;
  checkImage(changed);
  if (changed.visibility === 'public' && image.visibility !== 'public') {
    throw new Refusal(403, 'You are not authorized to complete publicize_image action.');
  }
  for (const key of Object.keys(image)) if (!draft.has(key)) Reflect.deleteProperty(image, key);
  changeImage(cloud, image.id, changed);
  return { status: 200, body: image };
}

/** Returns the name of the property in a JSON pointer. */
const keyOf = (path: string): string => path.slice(1).replaceAll('~1', '/').replaceAll('~0', '~');

function apply(draft: Map<string, unknown>, { op, path, value }: Change): void {
  const key = keyOf(path);
  if (op !== 'add' && !draft.has(key)) {
    const conflict = 'There was a conflict when trying to complete your request.';
    throw new Refusal(409, `${conflict}<br /><br />\n Property ${key} does not exist.`);
  }
  if (op !== 'remove') draft.set(key, value);
  else if (isProperty(key)) draft.delete(key);
  else
    throw new Refusal(
      403,
      `Access was denied to this resource.<br /><br />\n Property ${key} may not be removed.`,
    );
}
