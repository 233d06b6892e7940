import { fields, flag, list, uuid, withDefault, shortText } from '../model/decode.ts';
import type { Cloud } from './cloud.ts';
import { listAll } from './api/list-all.ts';

const networkFields = fields({
  id: uuid,
  name: withDefault(shortText, ''),
  status: withDefault(shortText, ''),
  subnets: withDefault(list(uuid), [] as readonly string[]),
  'router:external': withDefault(flag, false),
});

/** A network that the project may see; `subnets` contains ids. */
export type Network = NonNullable<ReturnType<typeof networkFields>>;

/** Lists the networks that the project may see: its own and shared ones. */
export function listNetworks(cloud: Cloud): Promise<readonly Network[]> {
  return listAll(cloud.network, {
    operation: 'list networks',
    path: '/networks',
    key: 'networks',
    element: networkFields,
  });
}
