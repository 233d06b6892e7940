import { homedir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

/** The host's end of the guests' network: the only address that guests, clients and Glance all reach. */
export const GATEWAY = '10.77.0.1';

/** The lab's base images. */
export type Tier = 'full' | 'tiny';

/** Where the lab keeps its state and its cache; the same rule as `openstack-lab`. */
export function labHome(): string {
  const { LAB_HOME, XDG_CACHE_HOME } = process.env;
  return LAB_HOME ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'openstack-lab');
}

/** The clouds.yaml with which the lab's users log in. */
export function cloudsYaml(): string {
  return join(labHome(), 'state', 'clouds.yaml');
}

/** The qcow2 file of a base image. */
export function baseImageFile(tier: Tier): string {
  return join(labHome(), 'cache', `base-${tier}.qcow2`);
}

/**
 * What a Python script of this folder prints: a client of the clouds that is not the product's own.
 * It is Debian's Python that has openstacksdk, whichever comes first in PATH.
 */
export async function askPython(script: string, args: readonly string[], seconds: number): Promise<unknown> {
  const { stdout } = await execa('/usr/bin/python3', [join(import.meta.dirname, script), ...args], {
    env: { OS_CLIENT_CONFIG_FILE: cloudsYaml(), PYTHONWARNINGS: 'ignore' },
    timeout: seconds * 1000,
  });
  return stdout === '' ? undefined : JSON.parse(stdout);
}
