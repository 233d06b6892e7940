import { NotFoundError } from '../../model/cloud/cloud-errors.ts';
import { OWNER_KEYS, isPublished } from '../../model/owner.ts';
import type { Cloud } from '../../openstack/cloud.ts';
import { type Image, updateImage } from '../../openstack/images.ts';

const MARK = { [OWNER_KEYS.published]: 'true' };

/** The changes that make the marks match the published images. */
export interface MarkPlan {
  readonly marked: readonly string[];
  readonly unmarked: readonly string[];
  /** The images with the new marks. */
  readonly images: readonly Image[];
}

/** Plans which of an owner's images of one name get the published mark, and which lose it. */
export function planMarks(images: readonly Image[], publishedIds: readonly string[]): MarkPlan {
  const published = new Set(publishedIds);
  const ids = (chosen: readonly Image[]): readonly string[] => chosen.map(({ id }) => id);
  return {
    marked: ids(images.filter(({ id, properties }) => published.has(id) && !isPublished(properties))),
    unmarked: ids(images.filter(({ id, properties }) => !published.has(id) && isPublished(properties))),
    images: images.map((image) => withMark(image, published.has(image.id))),
  };
}

function withMark(image: Image, isMarked: boolean): Image {
  if (isMarked) return { ...image, properties: { ...image.properties, ...MARK } };
  const others = Object.entries(image.properties).filter(([key]) => key !== OWNER_KEYS.published);
  return { ...image, properties: Object.fromEntries(others) };
}

/**
 * Sets new marks before it removes old ones, so that a failure in between protects too many images, never too few. Throws
 * at the first failure. Returns the images that still exist; an image that was deleted since the plan is not a failure.
 */
export async function applyMarks(
  cloud: Cloud,
  { marked, unmarked, images }: MarkPlan,
): Promise<readonly Image[]> {
  const gone = new Set<string>();
  const change = async (id: string, changes: Parameters<typeof updateImage>[2]): Promise<void> => {
    try {
      await updateImage(cloud, id, changes);
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
      gone.add(id);
    }
  };
  for (const id of marked) await change(id, { properties: MARK });
  for (const id of unmarked) await change(id, { properties: {}, removed: Object.keys(MARK) });
  return images.filter(({ id }) => !gone.has(id));
}
