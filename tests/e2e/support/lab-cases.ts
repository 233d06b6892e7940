import { systemClock } from '../../../src/system/clock.ts';
import type { CloudAccess } from '../../../src/openstack/login/cloud-access.ts';
import { getCloudAccess, readCloudsYaml } from '../../../src/openstack/login/clouds-yaml.ts';
import type { Exchange, UserName } from '../../contract/contract.ts';
import { type RecordingProxy, startRecordingProxy } from '../../contract/recording-proxy.ts';
import { type Bench, connectBench } from '../../contract/case-context.ts';
import { routesOf } from '../../support/openstack/emulated-cloud.ts';
import { cloudsYaml } from './lab.ts';

/** Opens the lab for the contract suite. A proxy in front of each cloud records every response. */
export async function openLabBench(): Promise<Bench> {
  const yaml = await readCloudsYaml({ env: { OS_CLIENT_CONFIG_FILE: cloudsYaml() }, paths: [], cwd: '/' });
  const exchanges: Exchange[] = [];
  const onExchange = (exchange: Exchange): void => void exchanges.push(exchange);
  const open = async (user: UserName, name: 'a' | 'b'): Promise<RecordingProxy> => {
    const services = await findServices(getCloudAccess(yaml, user));
    return startRecordingProxy({ services, routes: routesOf(name), onExchange });
  };
  const [a, b] = await Promise.all([open('builder', 'a'), open('consumer', 'b')]);
  const isInB = (user: UserName): boolean => user === 'consumer' || user === 'neighbour-b';
  return {
    access: (user) => behind(isInB(user) ? b.origin : a.origin, getCloudAccess(yaml, user)),
    clock: systemClock,
    bootImageName: 'base-tiny',
    flavor: 'lab.tiny',
    network: 'lab',
    exchanges,
    close: async () => {
      await Promise.all([a.close(), b.close()]);
    },
  };
}

interface Service {
  readonly type: string;
  readonly endpoints: readonly { readonly url: string }[];
}

/** Returns the origins of a cloud's services according to its catalog. */
async function findServices(access: CloudAccess): Promise<Readonly<Record<string, string>>> {
  const connection = await connectBench({ clock: systemClock }, access);
  const { catalog } = await connection.withSignal().identity.getToken();
  await connection.close();
  return Object.fromEntries(
    (catalog as readonly Service[]).flatMap(({ type, endpoints: [first] }) =>
      first === undefined ? [] : [[type, new URL(first.url).origin]],
    ),
  );
}

function behind(origin: string, access: CloudAccess): CloudAccess {
  return {
    ...access,
    authUrl: `${origin}/identity/v3`,
    endpoints: {
      compute: `${origin}/compute/v2.1`,
      image: `${origin}/image`,
      network: `${origin}/network`,
    },
  };
}
