import type { Clock } from '../../../src/model/clock.ts';
import type { CloudAccess } from '../../../src/openstack/login/cloud-access.ts';
import { type Cloud, type CloudConnection, connectCloud } from '../../../src/openstack/cloud.ts';
import { getCloudAccess, parseCloudsYaml } from '../../../src/openstack/login/clouds-yaml.ts';
import { systemClock } from '../../../src/system/clock.ts';
import type { Emulator } from './emulator.ts';
import { TEST_TRUST } from '../test-trust.ts';

/** The settings of a connection. `access` may change the entry of clouds.yaml. */
interface ConnectionOptions {
  readonly clock?: Clock;
  readonly apiTimeoutMs?: number;
  readonly access?: (access: CloudAccess) => CloudAccess;
}

/** Connections to the emulator through the OpenStack clients of src/openstack. */
export interface Connections {
  connect(entry: string, options?: ConnectionOptions): Promise<Cloud>;
  close(): Promise<void>;
}

const sameAccess = (access: CloudAccess): CloudAccess => access;

/** Opens connections to the emulator; `close` closes all of them. */
export function openConnections(emulator: Pick<Emulator, 'cloudsYaml'>): Connections {
  const open: CloudConnection[] = [];
  return {
    connect: async (entry, { clock = systemClock, apiTimeoutMs = 60_000, access = sameAccess } = {}) => {
      const yaml = parseCloudsYaml(emulator.cloudsYaml(), 'clouds.yaml');
      const connection = await connectCloud(access(getCloudAccess(yaml, entry)), {
        clock,
        apiTimeoutMs,
        stallTimeoutMs: apiTimeoutMs,
        trust: TEST_TRUST,
        observe: () => undefined,
        warn: () => undefined,
      });
      open.push(connection);
      return connection.withSignal();
    },
    close: async () => {
      await Promise.all(open.map((connection) => connection.close()));
    },
  };
}
