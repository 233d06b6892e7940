import { InputError, ProductError } from '../../model/errors.ts';
import { messageOf } from '../../model/text/message-of.ts';
import { OWNER_KEYS } from '../../model/owner.ts';
import type { Cloud } from '../../openstack/cloud.ts';
import { type Volume, listVolumes } from '../../openstack/volumes.ts';
import { removeVolume } from '../build/boot-volume.ts';
import { removeUnfinishedImage } from '../build/server-image.ts';
import type { Recorder, RunSettings } from '../context.ts';
import type { Leftover } from './leftovers.ts';

/**
 * Finds the volumes that `isSwept` accepts. With each of them goes the unfinished image that Cinder makes of it, which may
 * have no metadata yet.
 */
export async function findVolumeLeftovers(
  cloud: Cloud,
  isSwept: (metadata: Volume['metadata'], createdAt: string) => boolean,
  context: Pick<RunSettings, 'owner' | 'timeouts'> & Pick<Recorder, 'warn'>,
): Promise<readonly Leftover[]> {
  return (await listSweptVolumes(cloud, context))
    .filter(({ metadata, createdAt }) => isSwept(metadata, createdAt))
    .map(({ id, name, metadata }) => ({
      what: `volume ${name} (${id})`,
      remove: async () => {
        const { [OWNER_KEYS.imageName]: imageName, [OWNER_KEYS.buildId]: buildId } = metadata;
        if (imageName !== undefined && buildId !== undefined) {
          await removeUnfinishedImage(cloud, imageName, undefined, { owner: { ...context.owner, buildId } });
        }
        await removeVolume(cloud, id, context);
      },
    }));
}

/** Lists volumes; none in a cloud without block storage. Most builds have no volume, so a failure only causes a warning. */
async function listSweptVolumes(cloud: Cloud, { warn }: Pick<Recorder, 'warn'>): Promise<readonly Volume[]> {
  try {
    return await listVolumes(cloud);
  } catch (error) {
    if (error instanceof InputError) return [];
    if (!(error instanceof ProductError) || error.kind === 'cancelled') throw error;
    warn(`volumes were not swept: ${messageOf(error)}`);
    return [];
  }
}
