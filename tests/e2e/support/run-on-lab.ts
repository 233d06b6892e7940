import { execa } from 'execa';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SHARED_SECURITY_GROUP_NAME } from '../../../src/image-builder/openstack-builder.ts';
import { type Inventory, takeInventory } from './inventory.ts';
import { GATEWAY, baseImageFile } from './lab.ts';
import { type Mirror, startMirror } from '../../support/mirror.ts';

/** Starts a mirror on which noble and jammy are the tiny guest, and focal is an empty disk that cannot boot. */
export async function startTinyMirror(files: ReadonlyMap<string, string> = new Map()): Promise<Mirror> {
  const folder = await mkdtemp(join(tmpdir(), 'e2e-mirror-'));
  const empty = join(folder, 'empty.qcow2');
  await execa('qemu-img', ['create', '-f', 'qcow2', empty, '256M']);
  const tiny = baseImageFile('tiny');
  const bases = new Map([
    ['noble', tiny],
    ['jammy', tiny],
    ['focal', empty],
  ]);
  const mirror = await startMirror({ bases, files, host: GATEWAY });
  return {
    ...mirror,
    close: async () => {
      await mirror.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** Returns all resources but the security groups that an application keeps. */
export async function takeOwnInventory(): Promise<Inventory> {
  const { securityGroups, ...others } = await takeInventory();
  const own = securityGroups.filter(({ name }) => !name.startsWith(SHARED_SECURITY_GROUP_NAME));
  return { ...others, securityGroups: own };
}

/** Returns the resources that a build must not change: everything but finished images. */
export async function takeLeftovers(): Promise<
  Omit<Inventory, 'images'> & { readonly unfinished: readonly string[] }
> {
  const { images, ...others } = await takeOwnInventory();
  const unfinished = images.filter(({ name, status }) => status !== 'active' || name.includes('.building-'));
  return {
    ...others,
    unfinished: unfinished.map(({ name, status }) => `${name} ${status ?? ''}`),
  };
}

/** Returns the ids of the active images with this name, read by openstacksdk. */
export async function listImageIds(name: string): Promise<readonly string[]> {
  const { images } = await takeInventory();
  return images.filter((image) => image.name === name && image.status === 'active').map(({ id }) => id);
}
