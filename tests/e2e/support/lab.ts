import { homedir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

/** The host's address in the guests' network, the only address that guests, clients and Glance can all reach. */
export const GATEWAY = '10.77.0.1';

/** The lab's base images. */
export type Tier = 'full' | 'tiny';

/** Returns the folder of the lab's state and cache. `openstack-lab` computes it in the same way. */
export function labHome(): string {
  const { LAB_HOME, XDG_CACHE_HOME } = process.env;
  return LAB_HOME ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'openstack-lab');
}

/** Returns the path of the clouds.yaml with the logins of the lab's users. */
export function cloudsYaml(): string {
  return join(labHome(), 'state', 'clouds.yaml');
}

/** Returns the path of the qcow2 file of a base image. */
export function baseImageFile(tier: Tier): string {
  return join(labHome(), 'cache', `base-${tier}.qcow2`);
}

/**
 * Runs a Python script of this folder and returns its output. The scripts use openstacksdk, so the tests do not depend on
 * the product's own client. The path is absolute because only Debian's Python has openstacksdk.
 */
export async function askPython(script: string, args: readonly string[], seconds: number): Promise<unknown> {
  const { stdout } = await execa('/usr/bin/python3', [join(import.meta.dirname, script), ...args], {
    env: { OS_CLIENT_CONFIG_FILE: cloudsYaml(), PYTHONWARNINGS: 'ignore' },
    timeout: seconds * 1000,
  });
  return stdout === '' ? undefined : JSON.parse(stdout);
}
