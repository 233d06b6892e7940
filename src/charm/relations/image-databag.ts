import type { Built, CloudImage, CloudReport } from '../../model/unit/built.ts';
import { anyString, fields, isUuid, list } from '../../model/decode.ts';
import type { DesiredImages } from '../../model/unit/desired-images.ts';
import type { Publication, PublishedSource } from '../../model/unit/desired-state.ts';
import { type ImageDatabag, encodeImageDatabag } from '../../model/unit/relation-data.ts';
import { isSameImage } from '../../model/run-config.ts';
import { type ImageRelation, listConsumers } from './consumers.ts';

/** The keys of our databag to write. None is ever emptied: a consumer without an id deletes its runners. */
type DatabagChanges = Readonly<Record<string, string>>;

/** The decision about the databag of one relation. */
export interface DatabagDecision {
  readonly relationId: number;
  /** Only the keys that differ. */
  readonly changes: DatabagChanges;
  readonly publication: Publication;
  /** Reports whether the databag offers an image after the changes, as far as is known an active one. */
  readonly isServed: boolean;
}

/**
 * Decides which images a relation is offered: those in the cloud of its first unit whose cloud answers and has the
 * primary image. A published image is replaced but never withdrawn, even when it is gone. Nothing changes without
 * `images`, the last desired images.
 */
export function decideDatabag(
  relation: ImageRelation,
  images: DesiredImages | undefined,
  built: Built | undefined,
  before?: Publication,
): DatabagDecision {
  const reports = listReports(relation, built?.clouds ?? []);
  const offer = images === undefined ? [] : findOffer(reports, images);
  const databag = encodeImageDatabag(offer);
  const changes = databag === undefined ? {} : changesTo(relation.databag, databag);
  const after: DatabagChanges = { ...relation.databag, ...changes };
  const imageIds = [...new Set([...listPublishedIds(relation.databag), ...listPublishedIds(changes)])];
  const known = [...listSources(offer, images), ...(before?.sources ?? [])];
  return {
    relationId: relation.id,
    changes,
    publication: {
      relationId: relation.id,
      imageIds,
      isConfirmed: Object.keys(changes).length === 0,
      ...keepSources(known, imageIds),
    },
    isServed: (after['id'] ?? '') !== '' && (databag !== undefined || !isGone(relation, reports)),
  };
}

/** Reports whether the databag, as it was read, offers every desired image of one of the relation's clouds. */
export function offersAllImages(relation: ImageRelation, images: DesiredImages, built: Built): boolean {
  return listReports(relation, built.clouds).some((report) => {
    const offer = listOffered(report, images);
    const databag = encodeImageDatabag(offer);
    const isComplete = databag !== undefined && offer.length === images.size;
    return isComplete && Object.keys(changesTo(relation.databag, databag)).length === 0;
  });
}

/** Returns the reports of the clouds of a relation's units, in their order. */
function listReports(relation: ImageRelation, clouds: readonly CloudReport[]): readonly CloudReport[] {
  return listConsumers([relation]).flatMap(
    ({ cloudId }) => clouds.find((report) => report.cloudId === cloudId) ?? [],
  );
}

/** Returns no images when no cloud answers and has the primary image. */
function findOffer(reports: readonly CloudReport[], images: DesiredImages): readonly CloudImage[] {
  for (const report of reports.filter(({ failure }) => failure === undefined)) {
    const offered = listOffered(report, images);
    if (offered.length > 0) return offered;
  }
  return [];
}

/** Returns the images of the build cloud that offered images were made from. */
function listSources(
  offer: readonly CloudImage[],
  images: DesiredImages = new Map(),
): readonly PublishedSource[] {
  return offer.flatMap(({ source, ...image }) => {
    const named = [...images].find(([, config]) => isSameImage(image, config.image));
    if (source === undefined || named === undefined) return [];
    return [{ imageName: named[0], imageId: image.imageId, source }];
  });
}

/** Keeps the first known source of each published id. The field is absent without any. */
function keepSources(
  known: readonly PublishedSource[],
  imageIds: readonly string[],
): Pick<Publication, 'sources'> {
  const sources = imageIds.flatMap((id) => known.find(({ imageId }) => imageId === id) ?? []);
  return sources.length === 0 ? {} : { sources };
}

/** Reports whether the clouds of all units answer and none has the published image as active. */
function isGone(relation: ImageRelation, reports: readonly CloudReport[]): boolean {
  const publishedId = relation.databag['id'] ?? '';
  return (
    reports.length > 0 &&
    reports.length === listConsumers([relation]).length &&
    reports.every(({ failure, activeIds }) => failure === undefined && !activeIds.includes(publishedId))
  );
}

/** Lists the images of a cloud in the order of the matrix; none while the primary image is missing. */
function listOffered(report: CloudReport, images: DesiredImages): readonly CloudImage[] {
  const found = [...images.values()].map((config) =>
    report.images.find((image) => isSameImage(image, config.image)),
  );
  return found[0] === undefined ? [] : found.filter((image) => image !== undefined);
}

function changesTo(databag: Readonly<Record<string, string>>, desired: ImageDatabag): DatabagChanges {
  return Object.fromEntries(Object.entries(desired).filter(([key, value]) => (databag[key] ?? '') !== value));
}

const imageList = list(fields({ id: anyString }));

/** Returns every image id in one of our databags. */
export function listPublishedIds(databag: Readonly<Record<string, string>>): readonly string[] {
  return [databag['id'] ?? '', ...parseImageIds(databag['images'] ?? '')].filter(isUuid);
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
