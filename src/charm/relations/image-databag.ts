import type { Built, CloudImage, CloudReport } from '../../model/built.ts';
import { anyString, fields, list } from '../../model/decode.ts';
import type { DesiredImages, Publication } from '../../model/desired-state.ts';
import { type ImageDatabag, encodeImageDatabag } from '../../model/relation-data.ts';
import { isSameImage } from '../../model/run-config.ts';
import { type ImageRelation, listConsumers } from './consumers.ts';

/** The keys of our databag to write. An empty value deletes its key. */
type DatabagChanges = Readonly<Record<string, string>>;

/** The decision about the databag of one relation. */
export interface DatabagDecision {
  readonly relationId: number;
  /** Only the keys that differ. */
  readonly changes: DatabagChanges;
  readonly publication: Publication;
  /** Reports whether the databag offers an image after the changes. */
  readonly isServed: boolean;
}

const WITHDRAWN: ImageDatabag = { id: '', tags: '', images: '' };

/**
 * Decides which images a relation is offered: those in the cloud of its first unit whose cloud answers and has the
 * primary image. A published image is withdrawn only when the clouds of all units answer and none has it as active.
 * Nothing changes without `images`, the last desired images.
 */
export function decideDatabag(
  relation: ImageRelation,
  images: DesiredImages | undefined,
  built: Built | undefined,
): DatabagDecision {
  const desired = images === undefined ? undefined : desiredDatabag(relation, images, built?.clouds ?? []);
  const changes = desired === undefined ? {} : changesTo(relation.databag, desired);
  const after: DatabagChanges = { ...relation.databag, ...changes };
  return {
    relationId: relation.id,
    changes,
    publication: {
      relationId: relation.id,
      imageIds: [...new Set([...listIds(relation.databag), ...listIds(changes)])],
      isConfirmed: Object.keys(changes).length === 0,
    },
    isServed: (after['id'] ?? '') !== '',
  };
}

/** Returns undefined when the databag stays unchanged. */
function desiredDatabag(
  relation: ImageRelation,
  images: DesiredImages,
  clouds: readonly CloudReport[],
): ImageDatabag | undefined {
  const consumers = listConsumers([relation]);
  const reports = consumers.flatMap(
    ({ cloudId }) => clouds.find((report) => report.cloudId === cloudId) ?? [],
  );
  const answered = reports.filter(({ failure }) => failure === undefined);
  for (const report of answered) {
    const databag = encodeReport(report, images);
    if (databag !== undefined) return databag;
  }
  const publishedId = relation.databag['id'] ?? '';
  const isActive = reports.some(({ activeIds }) => activeIds.includes(publishedId));
  const haveAllAnswered = consumers.length > 0 && answered.length === consumers.length;
  return haveAllAnswered && !isActive ? WITHDRAWN : undefined;
}

/** Encodes the images of a cloud in the order of the matrix; undefined while the primary image is missing. */
function encodeReport(report: CloudReport, images: DesiredImages): ImageDatabag | undefined {
  const found = [...images.values()].map((config) =>
    report.images.find((image) => isSameImage(image, config.image)),
  );
  if (found[0] === undefined) return undefined;
  return encodeImageDatabag(found.filter((image): image is CloudImage => image !== undefined));
}

function changesTo(databag: Readonly<Record<string, string>>, desired: ImageDatabag): DatabagChanges {
  return Object.fromEntries(Object.entries(desired).filter(([key, value]) => (databag[key] ?? '') !== value));
}

const imageList = list(fields({ id: anyString }));

/** Returns every image id in one of our databags. */
function listIds(databag: Readonly<Record<string, string>>): readonly string[] {
  return [databag['id'] ?? '', ...parseImageIds(databag['images'] ?? '')].filter((id) => id !== '');
}

/** Returns no id for a text that we did not write. */
function parseImageIds(images: string): readonly string[] {
  let value: unknown;
  try {
    value = JSON.parse(images);
  } catch {
    return [];
  }
  const problems: string[] = [];
  const read = imageList(value, 'images', problems);
  return problems.length > 0 || read === undefined ? [] : read.map(({ id }) => id);
}
