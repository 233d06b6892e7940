import { fields, integer, text } from '../model/decode.ts';
import type { Cloud } from './cloud.ts';
import { listAll } from './list-all.ts';

const flavorFields = fields({ id: text, name: text, vcpus: integer, ram: integer, disk: integer });

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
