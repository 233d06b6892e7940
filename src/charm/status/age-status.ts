import { type CloudImage, type CloudReport } from '../../model/unit/built.ts';
import { imageNameOf } from '../../model/run-config.ts';
import { findPin, isConsumerPaused } from '../../model/unit/steering.ts';
import { type ImageRelation, listConsumers } from '../relations/consumers.ts';
import { listPublishedIds } from '../relations/image-databag.ts';
import { type ReportedInput, type RuleResult, problem } from './status-rule.ts';

const HOUR = 3_600_000;
/** GitHub refuses runners 30 days after the release of a newer version. */
const RUNNER_DAYS = 25;

/**
 * Returns the status when a published image is older than twice the build interval, or its runner older than 25 days.
 * Somebody must act then, unless an image is being built. A pinned or paused image may be old.
 */
export function ageStatus(input: ReportedInput): RuleResult {
  const { built, relations } = input;
  if (built.running.some(({ kind }) => ['prepare', 'layer', 'build'].includes(kind))) return undefined;
  const parts = relations.flatMap((relation) =>
    listPublished(relation, built.clouds).flatMap((image) => describeAges(image, relation, input)),
  );
  return parts.length === 0 ? undefined : problem('blocked', [...new Set(parts)]);
}

/** Lists the images that a relation publishes, as far as the clouds of its units list them. */
function listPublished(relation: ImageRelation, clouds: readonly CloudReport[]): readonly CloudImage[] {
  const ids = listPublishedIds(relation.databag);
  const cloudIds = listConsumers([relation]).map(({ cloudId }) => cloudId);
  return clouds
    .filter(({ cloudId }) => cloudIds.includes(cloudId))
    .flatMap(({ images }) => images.filter(({ imageId }) => ids.includes(imageId)));
}

function describeAges(
  image: CloudImage,
  { application: consumer }: ImageRelation,
  { application, steering, intervalHours, now }: ReportedInput,
): readonly string[] {
  const { arch, source, details } = image;
  const name = imageNameOf(application, arch, image);
  const label = name.slice(application.length + 1);
  const isPinned = findPin(steering, name) !== undefined;
  const isKept = isPinned || steering.pausedImages.includes(name) || isConsumerPaused(steering, consumer);
  const remedy = isPinned
    ? `end the pin with juju run ${application}/leader unpin image=${name}`
    : `juju run ${application}/leader plan says what the next build waits for`;
  const builtAt = Date.parse(source?.createdAt ?? details?.createdAt ?? '');
  const runnerSince = Date.parse(details?.runnerSince ?? '');
  const isOld = intervalHours !== undefined && now - builtAt > 2 * intervalHours * HOUR;
  return [
    ...(now - runnerSince > RUNNER_DAYS * 24 * HOUR
      ? [
          `the runner in ${label} of ${consumer} is older than ${RUNNER_DAYS} days, and GitHub refuses it after 30: ` +
            `if the option runner-version is set, set a newer one; ${remedy}`,
        ]
      : []),
    ...(isOld && !isKept
      ? [
          `${label} of ${consumer} was built ${minuteOfDay(builtAt)}, more than twice build-interval ago: ${remedy}`,
        ]
      : []),
  ];
}

function minuteOfDay(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16)}Z`;
}
