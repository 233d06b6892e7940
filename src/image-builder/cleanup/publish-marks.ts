import { NotFoundError } from '../../model/cloud-errors.ts';
import { OWNER_KEYS, isPublished } from '../../model/owner.ts';
import type { Cloud } from '../../openstack/cloud.ts';
import { type Image, updateImage } from '../../openstack/images.ts';

const MARK = { [OWNER_KEYS.published]: 'true' };

/** Which marks differ from what is published. */
export interface MarkPlan {
  readonly marked: readonly string[];
  readonly unmarked: readonly string[];
  /** The images as they are when the marks are right. */
  readonly images: readonly Image[];
}

/** Decides which of an owner's images of one name get the mark of those that are published, and which lose it. */
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
 * Sets the marks first and takes the others away then, so that on the way rather too much is protected. Throws at the
 * first that fails. Gives the images that are there still: one that was deleted meanwhile needs no mark, and is no
 * revision any more.
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
