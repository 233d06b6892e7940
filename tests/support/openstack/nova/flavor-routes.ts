import { randomUUID } from 'node:crypto';
import { paginate } from '../server/paginate.ts';
import { linksOf, novaRoute, refuseMarker } from './nova-route.ts';
import type { PlainRecord } from '../cloud-state.ts';

/** The lab's flavors: vCPUs, MiB of memory, GiB of disk. */
const FLAVORS: Readonly<Record<string, readonly [number, number, number]>> = {
  'lab.tiny': [1, 128, 1],
  'lab.small': [1, 512, 3],
  'lab.medium': [2, 1024, 5],
  'lab.runner': [2, 1024, 20],
};

/** Creates the lab's flavors. */
export function makeFlavors(): PlainRecord[] {
  return Object.entries(FLAVORS).map(([name, size]) => makeFlavor(name, size));
}

/** Creates a flavor with vCPUs, MiB of memory and GiB of disk. */
export function makeFlavor(name: string, [vcpus, ram, disk]: readonly [number, number, number]): PlainRecord {
  return {
    id: randomUUID(),
    name,
    ram,
    disk,
    swap: '',
    'OS-FLV-EXT-DATA:ephemeral': 0,
    'OS-FLV-DISABLED:disabled': false,
    vcpus,
    'os-flavor-access:is_public': true,
    rxtx_factor: 1,
  };
}

export const flavorRoutes = [
  novaRoute('GET /flavors/detail', (request, cloud) => ({
    status: 200,
    body: paginate(request, {
      key: 'flavors',
      all: cloud.flavors
        .map((flavor) => ({ ...flavor, links: linksOf(request.origin, 'flavors', flavor.id) }))
        .sort((a, b) => a.id.localeCompare(b.id)),
      idOf: ({ id }) => id,
      path: '/compute/v2.1/flavors/detail',
      pageSize: cloud.pageSize,
      refuseMarker,
    }),
  })),
];
