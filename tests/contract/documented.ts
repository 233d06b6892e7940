import type { Shape } from './shapes.ts';

/**
 * The responses of Cinder as the Block Storage API reference (v3, microversions up to 3.1) documents them: each path of
 * the body with the types of its values. The lab has no Cinder, so none of this was recorded from a real OpenStack.
 */

const ERROR = { '': 'mapping', '.code': 'number', '.message': 'string' };

const VOLUME = {
  '': 'mapping',
  '.attachments': 'list',
  '.attachments[]': 'mapping',
  '.attachments[].attached_at': 'string',
  '.attachments[].attachment_id': 'string',
  '.attachments[].device': 'string',
  '.attachments[].host_name': 'string | null',
  '.attachments[].id': 'string',
  '.attachments[].server_id': 'string',
  '.attachments[].volume_id': 'string',
  '.availability_zone': 'string',
  '.bootable': 'string',
  '.consistencygroup_id': 'string | null',
  '.created_at': 'string',
  '.description': 'string | null',
  '.encrypted': 'boolean',
  '.id': 'string',
  '.links': 'list',
  '.links[]': 'mapping',
  '.links[].href': 'string',
  '.links[].rel': 'string',
  '.metadata': 'mapping',
  '.metadata.:key': 'string',
  '.migration_status': 'string | null',
  '.multiattach': 'boolean',
  '.name': 'string | null',
  '.replication_status': 'string | null',
  '.size': 'number',
  '.snapshot_id': 'string | null',
  '.source_volid': 'string | null',
  '.status': 'string',
  '.updated_at': 'string | null',
  '.user_id': 'string',
  '.volume_type': 'string | null',
};

const ACTION = {
  '': 'mapping',
  '.metadata': 'mapping',
  '.metadata.:key': 'string',
};

const UPLOAD = {
  '': 'mapping',
  '.container_format': 'string',
  '.disk_format': 'string',
  '.display_description': 'string | null',
  '.id': 'string',
  '.image_id': 'string',
  '.image_name': 'string',
  '.protected': 'boolean',
  '.size': 'number',
  '.status': 'string',
  '.updated_at': 'string | null',
  '.visibility': 'string',
  '.volume_type': 'mapping | null',
};

type Paths = Readonly<Record<string, string>>;

/** Returns the paths of an object whose key holds what `paths` describes. */
function under(key: string, paths: Paths): Paths {
  const inner = Object.entries(paths).map(([path, types]) => [`.${key}${path}`, types]);
  return { '': 'mapping', ...Object.fromEntries(inner) } as Paths;
}

const LIST = { '': 'mapping', '.volumes': 'list', ...under('volumes[]', VOLUME) };
const ROUTE = '/volume/v3/:project/volumes';

const RESPONSES: Readonly<Record<string, Paths>> = {
  [`POST ${ROUTE} 202`]: under('volume', VOLUME),
  [`POST ${ROUTE} 400`]: under('badRequest', ERROR),
  [`POST ${ROUTE} 413`]: under('overLimit', ERROR),
  [`GET ${ROUTE}/detail 200`]: LIST,
  [`GET ${ROUTE}/:id 200`]: under('volume', VOLUME),
  [`GET ${ROUTE}/:id 404`]: under('itemNotFound', ERROR),
  [`DELETE ${ROUTE}/:id 202`]: { '': 'nothing' },
  [`DELETE ${ROUTE}/:id 400`]: under('badRequest', ERROR),
  [`DELETE ${ROUTE}/:id 404`]: under('itemNotFound', ERROR),
  [`POST ${ROUTE}/:id/action 200`]: ACTION,
  [`POST ${ROUTE}/:id/action 202`]: under('os-volume_upload_image', UPLOAD),
  [`POST ${ROUTE}/:id/action 400`]: under('badRequest', ERROR),
  [`POST ${ROUTE}/:id/action 404`]: under('itemNotFound', ERROR),
};

/** The documented shapes by route and status. */
export const DOCUMENTED: ReadonlyMap<string, Shape> = new Map(
  Object.entries(RESPONSES).map(([call, paths]) => [
    call,
    new Map(Object.entries(paths).map(([path, types]) => [path, new Set(types.split(' | '))])),
  ]),
);
