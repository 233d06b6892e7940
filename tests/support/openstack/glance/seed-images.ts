import { createHash } from 'node:crypto';
import { addQueuedImage, storeImageData } from './images.ts';
import type { CloudState } from '../cloud-state.ts';

const SIZE = 256 * 1024;
/** The project of the cloud's operator, to which no user belongs. */
const OPERATOR = '0'.repeat(32);

/** Adds the public base images to the cloud that has servers. */
export function seedImages(cloud: CloudState): void {
  if (!cloud.hasServers) return;
  for (const [name, min_disk, min_ram] of [
    ['base-full', 2, 384],
    ['base-tiny', 1, 96],
  ] as const) {
    const image = addQueuedImage(cloud, {
      name,
      min_disk,
      min_ram,
      owner: OPERATOR,
      visibility: 'public',
      disk_format: 'qcow2',
      container_format: 'bare',
      properties: {
        hw_disk_bus: 'virtio',
        hw_vif_model: 'virtio',
        os_distro: 'debian',
        os_admin_user: 'ubuntu',
      },
    });
    storeImageData(cloud, image, makeData(name));
  }
}

/** Returns data that depends only on `seed` and starts with the magic bytes of qcow2. */
function makeData(seed: string): Buffer {
  const block = createHash('sha512').update(seed).digest();
  const data = Buffer.concat(Array.from({ length: SIZE / block.length }, () => block));
  data.write('QFI\u00fb', 'latin1');
  return data;
}
