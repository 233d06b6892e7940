import { listLayerStages, listRemainingParts } from '../../guest/layers.ts';
import type { GuestPart } from '../../guest/guest-part.ts';
import { LayerError } from '../../model/errors.ts';
import { OWNER_KEYS, type Owner, isOwnedBy } from '../../model/owner.ts';
import type { Cloud } from '../../openstack/cloud.ts';
import { type Image, findImage } from '../../openstack/images.ts';
import { digestLayer } from './inputs.ts';

/** The image that a server is started from. */
export interface BootSource {
  readonly imageId: string;
  /** The checksum of the base image. */
  readonly sha256: string;
  /** The parts to install on the server. */
  readonly remaining: readonly GuestPart[];
}

/** The image to build on a layer. */
interface LayeredImage {
  readonly arch: string;
  /** All parts of the image. */
  readonly parts: readonly GuestPart[];
}

/**
 * Finds the layer to start from, and the parts that it lacks. Throws LayerError when the image is gone, is no layer of
 * this application, or contains other parts than this image would have.
 */
export async function findLayer(
  cloud: Cloud,
  layerId: string,
  { arch, parts }: LayeredImage,
  owner: Owner,
): Promise<BootSource> {
  const layer = await findImage(cloud, layerId);
  const sha256 = checkLayer(layer, layerId, owner);
  const digest = layer?.properties[OWNER_KEYS.inputsSha256];
  const stage = listLayerStages(parts).findLast(
    (shared) => digestLayer({ arch, baseSha256: sha256, parts: shared }) === digest,
  );
  if (stage === undefined) {
    throw new LayerError(
      `layer ${layerId} was made with other parts than this image has; the next attempt starts from the base image`,
    );
  }
  return { imageId: layerId, sha256, remaining: listRemainingParts(parts, stage) };
}

/** Returns the checksum of the base image under a layer. Throws LayerError. */
function checkLayer(layer: Image | undefined, layerId: string, owner: Owner): string {
  const fail = (problem: string): LayerError =>
    new LayerError(`layer ${layerId} ${problem}; the next attempt starts from the base image`);
  if (layer === undefined) throw fail('is gone from the build cloud');
  if (layer.status !== 'active') throw fail(`is not active but ${layer.status}`);
  const { properties } = layer;
  if (properties[OWNER_KEYS.kind] !== 'layer' || !isOwnedBy(properties, owner))
    throw fail('is not a layer of this application');
  return properties[OWNER_KEYS.baseSha256] ?? '';
}
