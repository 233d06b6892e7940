import type { Built, CloudImage, CloudReport } from '../../model/built.ts';
import { anyString, fields, list } from '../../model/decode.ts';
import type { DesiredImages, Publication } from '../../model/desired-state.ts';
import { type ImageDatabag, encodeImageDatabag } from '../../model/relation-data.ts';
import { isSameImage } from '../../model/run-config.ts';
import { type ImageRelation, listConsumers } from './consumers.ts';

/** What of our databag is to be written; an empty value deletes its key. */
type DatabagChanges = Readonly<Record<string, string>>;

/** What one relation's databag is to say. */
export interface DatabagDecision {
  readonly relationId: number;
  /** Only what differs; empty: nothing is to be written. */
  readonly changes: DatabagChanges;
  readonly publication: Publication;
  /** Does it offer an image when the changes are written? */
  readonly isServed: boolean;
}

const WITHDRAWN: ImageDatabag = { id: '', tags: '', images: '' };

/**
 * Decides what a relation is told. It is told what the first of its units with a cloud that answers and that has the
 * primary image sees there. What cannot be seen now stays as it stands: only a cloud that answers without the image
 * takes it back. `images`: what was wanted last; without it nothing changes.
 */
export function decideDatabag(
  relation: ImageRelation,
  images: DesiredImages | undefined,
  built: Built | undefined,
): DatabagDecision {
  const wanted = images === undefined ? undefined : wantedDatabag(relation, images, built?.clouds ?? []);
  const changes = wanted === undefined ? {} : changesTo(relation.databag, wanted);
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

/** `undefined`: what stands there is left. */
function wantedDatabag(
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
  const standing = relation.databag['id'] ?? '';
  const isVouchedFor = reports.some(({ activeIds }) => activeIds.includes(standing));
  const isRefuted = consumers.length > 0 && answered.length === consumers.length && !isVouchedFor;
  return isRefuted ? WITHDRAWN : undefined;
}

/** The databag for what a cloud has, in the matrix's order; `undefined` while the primary image is not there. */
function encodeReport(report: CloudReport, images: DesiredImages): ImageDatabag | undefined {
  const found = [...images.values()].map((config) =>
    report.images.find((image) => isSameImage(image, config.image)),
  );
  if (found[0] === undefined) return undefined;
  return encodeImageDatabag(found.filter((image): image is CloudImage => image !== undefined));
}

function changesTo(databag: Readonly<Record<string, string>>, wanted: ImageDatabag): DatabagChanges {
  return Object.fromEntries(Object.entries(wanted).filter(([key, value]) => (databag[key] ?? '') !== value));
}

const imageList = list(fields({ id: anyString }));

/** Every image id that a databag of ours names. */
function listIds(databag: Readonly<Record<string, string>>): readonly string[] {
  return [databag['id'] ?? '', ...parseImageIds(databag['images'] ?? '')].filter((id) => id !== '');
}

/** What is not as we write it names no image that we could know. */
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
