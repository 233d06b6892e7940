import { fields, integer, nameText } from '../model/decode.ts';
import type { Cloud } from './cloud.ts';
import { listAll } from './api/list-all.ts';

// Operators choose the ids of flavors, which need not be UUIDs.
const flavorFields = fields({ id: nameText, name: nameText, vcpus: integer, ram: integer, disk: integer });

/** The size of a server: `ram` is in MiB, `disk` in GiB. */
export type Flavor = NonNullable<ReturnType<typeof flavorFields>>;

/** Lists the flavors that the project may use. */
export function listFlavors(cloud: Cloud): Promise<readonly Flavor[]> {
  return listAll(cloud.compute, {
    operation: 'list flavors',
    path: '/flavors/detail',
    key: 'flavors',
    element: flavorFields,
  });
}
