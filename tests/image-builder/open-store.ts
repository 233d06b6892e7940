import type { Fault } from '../support/openstack/server/fault-injector.ts';
import { type Arrivals, countArrivals } from '../support/openstack/count-arrivals.ts';
import type { ImageRecord } from '../support/openstack/cloud-state.ts';
import type { EmulatedCloud } from '../support/openstack/emulated-cloud.ts';
import { addQueuedImage, changeImage, storeImageData } from '../support/openstack/glance/images.ts';
import type { ServedRequest } from '../support/openstack/server/serve-cloud.ts';

/** The route of an upload. */
export const PUT = 'PUT /image/v2/images/:id/file';
/** The route of a download. */
export const GET = 'GET /image/v2/images/:id/file';
export const TOKENS = 'POST /identity/v3/auth/tokens';
export const CREATE = 'POST /image/v2/images';
export const PATCH = 'PATCH /image/v2/images/:id';
export const DELETE = 'DELETE /image/v2/images/:id';

/** An image that another client added to the project. Other fields than these are properties. */
export interface AddedImage {
  readonly [property: string]: unknown;
  readonly id: string;
  readonly name?: string | null;
  readonly status?: string;
  /** The data of an active image. Default: its id. */
  readonly data?: Buffer;
}

/** The images of one project in an emulated cloud, with the requests to the cloud and its faults. */
export interface Store {
  readonly openstack: EmulatedCloud;
  readonly images: Map<string, ImageRecord>;
  /** Adds an image that is years old and a second newer than the previous one. Default: noble, private and active. */
  add(image: AddedImage): ImageRecord;
  /** Returns the active images with a final name. */
  named(): readonly ImageRecord[];
  /** Returns all other images. */
  unfinished(): readonly ImageRecord[];
  /** Returns the data of the first active image with a final name. */
  data(): Buffer | undefined;
  /** Returns the answered requests to a route such as `DELETE /image/v2/images/:id`, as method and path. */
  seen(route: string): readonly string[];
  /** Returns all answered requests, as method and path. */
  calls(): readonly string[];
  /** Returns the bodies of the responses to a route. */
  answers(route: string): readonly unknown[];
  /** Answers one kind of request with a fault, always or `times` times after the first `after`. */
  disturb(at: string, what: Fault, when?: { readonly times?: number; readonly after?: number }): void;
  /** Counts the requests of one kind that arrive from now on. */
  arrivals(at: string, act?: (nth: number) => void): Arrivals;
}

/** The fields of an image that are not properties. */
const FIELDS: ReadonlySet<string> = new Set([
  ...['status', 'created_at', 'size', 'visibility', 'disk_format', 'min_disk', 'min_ram', 'checksum'],
  ...['os_hash_algo', 'os_hash_value'],
]);

/** Opens the store of a user's project. `served` returns the requests that the cloud has answered. */
export function openStore(
  openstack: EmulatedCloud,
  user: string,
  served: () => readonly ServedRequest[],
): Store {
  const { state, faults } = openstack;
  const { projectId } = openstack.account(user);
  const all = (): ImageRecord[] => [...state.images.values()].filter(({ owner }) => owner === projectId);
  const named = (): ImageRecord[] => all().filter(isFinished);
  let added = 0;
  return {
    openstack,
    images: state.images,
    named,
    unfinished: () => all().filter((image) => !isFinished(image)),
    data: () => state.imageData.get(named()[0]?.id ?? ''),
    add: ({ id, name = 'noble', data = Buffer.from(id), ...more }) => {
      const entries = Object.entries(more);
      const properties = entries.filter(([key]) => !FIELDS.has(key));
      const formats = { disk_format: 'qcow2', container_format: 'bare', visibility: 'private' };
      const spec = { id, name, owner: projectId, ...formats };
      const image = addQueuedImage(state, {
        ...spec,
        properties: Object.fromEntries(properties) as Readonly<Record<string, string>>,
      });
      if (more.status === undefined || more.status === 'active') storeImageData(state, image, data);
      const created_at = `2020-01-01T08:00:${String(added++ % 60).padStart(2, '0')}Z`;
      changeImage(state, id, {
        created_at,
        ...Object.fromEntries(entries.filter(([key]) => FIELDS.has(key))),
      });
      return image;
    },
    seen: (route) => served().flatMap((one) => (one.route === route ? [one.request] : [])),
    calls: () => served().map(({ request }) => request),
    answers: (route) => served().flatMap((one) => (one.route === route ? [one.body] : [])),
    disturb: (at, what, when = {}) => void faults.add({ at, fault: what, ...when }),
    arrivals: (at, act) => countArrivals(faults, at, act),
  };
}

const isFinished = ({ name, status }: ImageRecord): boolean =>
  status === 'active' && !name.includes('.building-');
