import { NO_CHANNEL } from '../../model/channel.ts';
import type { RunConfig } from '../../model/run-config.ts';

/** Reports whether this version can build the image. */
export function isBuildable({ image }: RunConfig): boolean {
  return image.juju === NO_CHANNEL && image.microk8s === NO_CHANNEL;
}
