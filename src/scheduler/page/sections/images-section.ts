import type { CloudImage, CloudReport } from '../../../model/unit/built.ts';
import {
  type Consumer,
  type DesiredState,
  applicationOf,
  buildCloudOf,
} from '../../../model/unit/desired-state.ts';
import { describeBytes, describeDuration } from '../../../model/text/quantities.ts';
import { type RunConfig, isSameImage } from '../../../model/run-config.ts';
import { findPin, isConsumerPaused, listPinnedIds } from '../../../model/unit/steering.ts';
import { type Html, NOTHING, markup } from '../html.ts';
import type { PageFacts } from '../page-facts.ts';
import { section, subjectName, table, takeFirst } from '../words.ts';

const MAX_IMAGES = 40;
const MAX_CONSUMERS = 16;

/** A cloud with images, and the ids that are published to its consumer. */
interface Place {
  readonly cloudId: string;
  /** Undefined for the build cloud. */
  readonly publishedIds: readonly string[] | undefined;
}

/** Renders the images in the build cloud and in the cloud of each consumer. */
export function imagesSection(facts: PageFacts): Html {
  const { desired } = facts;
  if (desired === undefined) return NOTHING;
  const { shown: consumers, more: moreConsumers } = takeFirst(desired.consumers, MAX_CONSUMERS, 'consumers');
  const { shown: images, more } = takeFirst([...desired.images], MAX_IMAGES, 'images');
  const places = [
    { cloudId: buildCloudOf(desired), publishedIds: undefined },
    ...consumers.map((consumer) => placeOf(consumer, desired)),
  ];
  const rows = images.map(
    ([name, config]) =>
      markup`<tr>
        <th scope="row">${imageHead(name, facts, desired)}</th>
        ${places.map((place) => cell(name, config, place, facts))}
      </tr> `,
  );
  const heads = ['Image', 'build cloud', ...consumers.map((consumer) => headOf(consumer, desired, facts))];
  const caption =
    'The revision of each image in the build cloud and in the cloud of each consumer, with its age';
  return section('images', 'Images', [table(caption, heads, rows), more, moreConsumers]);
}

function placeOf({ relationId, cloudId }: Consumer, { published = [] }: DesiredState): Place {
  const own = published.find((publication) => publication.relationId === relationId);
  return { cloudId, publishedIds: own?.imageIds ?? [] };
}

function headOf(consumer: Consumer, { steering }: DesiredState, { consumerNames }: PageFacts): string {
  const name = consumerNames.get(consumer.cloudId) ?? consumer.unit;
  return isConsumerPaused(steering, applicationOf(consumer)) ? `${name} (paused)` : name;
}

function imageHead(name: string, facts: PageFacts, { steering }: DesiredState): Html {
  const flags = [
    ...(steering.pausedImages.includes(name) ? ['paused'] : []),
    ...(findPin(steering, name) === undefined ? [] : ['pinned']),
  ];
  return markup`${subjectName(name, facts)} ${flags.map((flag) => markup`<span class="flag warn">${flag}</span>`)}`;
}

function cell(name: string, config: RunConfig, { cloudId, publishedIds }: Place, facts: PageFacts): Html {
  const report = facts.built?.clouds.find((cloud) => cloud.cloudId === cloudId);
  const failure = report?.failure === undefined ? NOTHING : markup` <span class="flag bad">no answer</span>`;
  const offered = report?.images.find((image) => isSameImage(image, config.image));
  const revisions = (report?.revisions ?? []).filter(({ imageName }) => imageName === name);
  const published = revisions.find(({ imageId }) => publishedIds?.includes(imageId) === true);
  const imageId = published?.imageId ?? offered?.imageId;
  if (imageId === undefined)
    return markup`<td>
      <span class="muted">${report === undefined ? 'not known yet' : 'none yet'}</span>${failure}
    </td>`;
  const revision = revisions.find((each) => each.imageId === imageId);
  const isPublished = publishedIds?.includes(imageId) === true;
  const isPinned =
    facts.desired !== undefined &&
    listPinnedIds(facts.desired.steering, facts.built?.clouds ?? []).has(imageId);
  const flags = [
    ...(isPublished ? [markup`<span class="flag ok">published</span> `] : []),
    ...(publishedIds !== undefined && !isPublished
      ? [markup`<span class="flag">not published yet</span> `]
      : []),
    ...(isPinned ? [markup`<span class="flag warn">pinned</span> `] : []),
  ];
  const details = offered?.imageId === imageId ? offered.details : undefined;
  return markup`<td>
    <span title="image ${imageId}"
      ><strong>${ageOf(imageId, report, facts, offered)}</strong>
      <code>${revision?.buildId ?? imageId.slice(0, 8)}</code></span
    >
    ${flags}${failure}${describeDetails(details)}
  </td>`;
}

/** Returns the age of the build of an image: the build cloud knows when it was built, others when it was copied. */
function ageOf(
  imageId: string,
  report: CloudReport | undefined,
  { built, desired, now }: PageFacts,
  offered: CloudImage | undefined,
): string {
  const revision = report?.revisions?.find((each) => each.imageId === imageId);
  const source = built?.clouds
    .find(({ cloudId }) => desired !== undefined && cloudId === buildCloudOf(desired))
    ?.revisions?.find(
      ({ imageName, buildId }) => imageName === revision?.imageName && buildId === revision.buildId,
    );
  const own =
    offered?.imageId === imageId ? (offered.source?.createdAt ?? offered.details?.createdAt) : undefined;
  const time = Date.parse(source?.createdAt ?? own ?? revision?.createdAt ?? '');
  return Number.isNaN(time) ? 'age unknown' : describeDuration(now - time);
}

function describeDetails(details: CloudImage['details']): Html {
  const { size, runnerVersion } = details ?? {};
  const parts = [
    ...(size === undefined ? [] : [describeBytes(size)]),
    ...(runnerVersion === undefined ? [] : [`runner ${runnerVersion}`]),
  ];
  return parts.length === 0 ? NOTHING : markup`<small>${parts.join(' · ')}</small>`;
}
