import type { Built, CloudReport, ImageRevision } from '../../../model/unit/built.ts';
import { InputError } from '../../../model/errors.ts';
import { findPin, isConsumerPaused } from '../../../model/unit/steering.ts';
import { BUILD_CLOUD } from '../../desired.ts';
import { type ImageRelation, listConsumers } from '../../relations/consumers.ts';
import { listPublishedIds } from '../../relations/image-databag.ts';
import { type ActionContext, type ActionResults, slug } from '../action.ts';
import { type SteeredUnit, addName, describeSteering } from './steer.ts';

/** The descriptions of `pinRevision`'s results. */
export const PIN_RESULTS = {
  image: 'the name of the image',
  'build-id': 'the id of the build whose revision is published from now on',
  created: 'the time of that revision',
  replaces: 'the id of the build whose revision was published before',
  consumers: 'by application: when the revision is published to it',
  until: 'the command that ends the pin',
};

/** Returns the revisions of an image that the build cloud has, the newest first. Throws InputError without any. */
export function listRevisions(imageName: string, { built }: SteeredUnit): readonly ImageRevision[] {
  const report = findReport(built, BUILD_CLOUD);
  const revisions = (report?.revisions ?? []).filter((revision) => revision.imageName === imageName);
  if (revisions.length > 0) return revisions;
  throw new InputError([
    `no revision of ${imageName} is known yet: the action list-images shows what is known`,
  ]);
}

/** Returns the build id of the revision that is in force: the pinned one, or the newest that a relation publishes. */
export function findCurrent(
  imageName: string,
  { model, built, steering, ...unit }: SteeredUnit,
): string | undefined {
  const pinned = findPin(steering, imageName);
  if (pinned !== undefined) return pinned;
  const ids = new Set(model.relations.flatMap(({ databag }) => listPublishedIds(databag)));
  const all = (built?.clouds ?? []).flatMap(({ revisions = [] }) => revisions);
  const published = new Set(all.filter(({ imageId }) => ids.has(imageId)).map(({ buildId }) => buildId));
  const revisions = listRevisions(imageName, { model, built, steering, ...unit });
  return revisions.find(({ buildId }) => published.has(buildId))?.buildId;
}

/** Pins a revision, so that every consumer gets it until the image is unpinned. */
export async function pinRevision(
  { imageName, buildId, createdAt }: ImageRevision,
  unit: SteeredUnit,
  { steer }: ActionContext,
): Promise<ActionResults> {
  const { model, built, steering } = unit;
  const consumers = describeConsumers(buildId, unit);
  const build = findReport(built, BUILD_CLOUD);
  if (build?.failure !== undefined && consumers.some(([, when]) => when === WITH_COPY)) {
    throw new InputError([
      `the build cloud does not answer, and not every consumer has a copy of this revision: ${build.failure.message}`,
    ]);
  }
  const before = findCurrent(imageName, unit);
  const others = steering.pins.filter((pin) => pin.imageName !== imageName);
  addName(
    others.map((pin) => pin.imageName),
    imageName,
    'images',
  );
  const next = { ...steering, pins: [...others, { imageName, buildId }] };
  await steer(model, next);
  return {
    image: imageName,
    'build-id': buildId,
    ...(createdAt === '' ? {} : { created: createdAt }),
    ...(before === undefined || before === buildId ? {} : { replaces: before }),
    ...(consumers.length === 0 ? {} : { consumers: Object.fromEntries(consumers) }),
    until: `juju run ${model.application}/leader unpin image=${imageName}`,
    ...describeSteering(next),
  };
}

const WITH_COPY = 'after it is copied';

/** Returns for each consumer when the revision is published to it. */
function describeConsumers(
  buildId: string,
  { model, built, steering }: SteeredUnit,
): readonly (readonly [string, string])[] {
  const hasCopy = (relation: ImageRelation): boolean =>
    listConsumers([relation]).some(({ cloudId }) => {
      const report = findReport(built, cloudId);
      return (
        report?.failure === undefined && report?.revisions?.some((each) => each.buildId === buildId) === true
      );
    });
  const consuming = model.relations.filter((relation) => listConsumers([relation]).length > 0);
  return consuming.map((relation) => {
    const isPaused = isConsumerPaused(steering, relation.application);
    const when = hasCopy(relation) ? 'in seconds' : WITH_COPY;
    return [slug(relation.application), isPaused ? 'after the consumer is resumed' : when] as const;
  });
}

function findReport(built: Built | undefined, cloudId: string): CloudReport | undefined {
  return built?.clouds.find((report) => report.cloudId === cloudId);
}
