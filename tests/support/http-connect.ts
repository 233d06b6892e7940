import type { Clock } from '../../src/model/clock.ts';
import type { ProxySettings } from '../../src/model/proxy-settings.ts';
import { Secret } from '../../src/model/secret.ts';
import type { CloudAccess } from '../../src/openstack/login/cloud-access.ts';
import { type CloudConnection, connectCloud } from '../../src/openstack/cloud.ts';
import type { Trust } from '../../src/system/http/trust-store.ts';
import { TEST_TRUST } from './test-trust.ts';

/** A password that must not appear in any message. */
export const PASSWORD = 'pa55word-MARKED';

/** Returns a password login to the cloud `c1` at `origin`. */
export function accessTo(origin: string, change: Partial<CloudAccess> = {}): CloudAccess {
  return {
    name: 'c1',
    authUrl: `${origin}/v3`,
    auth: {
      method: 'password',
      user: { name: 'builder' },
      userDomain: { name: 'Default' },
      password: new Secret(PASSWORD),
      project: { name: 'images' },
      projectDomain: { id: 'default' },
    },
    region: 'R1',
    interface: 'public',
    verify: true,
    cacert: undefined,
    endpoints: { compute: undefined, image: undefined, network: undefined },
    ...change,
  };
}

/** Connects to the cloud `c1` at `origin`. */
export function connectTo(
  origin: string,
  options: {
    readonly clock: Clock;
    readonly apiTimeoutMs?: number;
    readonly access?: Partial<CloudAccess>;
    readonly warn?: (message: string) => void;
    readonly trust?: Trust;
    readonly proxy?: ProxySettings;
  },
): Promise<CloudConnection> {
  return connectCloud(accessTo(origin, options.access), {
    clock: options.clock,
    apiTimeoutMs: options.apiTimeoutMs ?? 60_000,
    stallTimeoutMs: 60_000,
    trust: options.trust ?? TEST_TRUST,
    proxy: options.proxy,
    observe: () => undefined,
    warn: options.warn ?? (() => undefined),
  });
}
