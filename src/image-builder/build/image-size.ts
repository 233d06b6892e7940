import { messageOf } from '../../model/text/message-of.ts';
import { isOwnedBy } from '../../model/owner.ts';
import type { Cloud } from '../../openstack/cloud.ts';
import { type Image, listImages } from '../../openstack/images.ts';
import type { Recorder, RunSettings } from '../context.ts';

type SizeContext = Pick<Recorder, 'record' | 'report' | 'warn'> & Pick<RunSettings, 'ownerFilter'>;

/** Records the size of a new revision, and reports how it differs from that of the revision before. */
export async function reportImageSize(
  cloud: Cloud,
  image: Image,
  { record, report, warn, ownerFilter }: SizeContext,
): Promise<void> {
  if (image.size === undefined) return;
  record({ imageBytes: image.size });
  try {
    const previous = (await listImages(cloud, image.name)).find(
      ({ id, status, properties }) =>
        id !== image.id &&
        status === 'active' &&
        (ownerFilter === undefined || isOwnedBy(properties, ownerFilter)),
    );
    report({ kind: 'note', step: 'name image', text: describeSize(image.size, previous) });
  } catch (error) {
    warn(`the size of image ${image.id} could not be compared with the revision before: ${messageOf(error)}`);
  }
}

/** Describes the size of an image in bytes and its difference from the previous revision in percent. */
export function describeSize(bytes: number, previous: Pick<Image, 'id' | 'size'> | undefined): string {
  const size = `the image has ${(bytes / 1024 / 1024).toFixed(1)} MiB`;
  if (previous?.size === undefined || previous.size === 0) return size;
  const percent = Math.round((bytes / previous.size - 1) * 100);
  if (percent === 0) return `${size}, as revision ${previous.id}`;
  return `${size}, ${Math.abs(percent)}% ${percent > 0 ? 'more' : 'less'} than revision ${previous.id}`;
}
