import {
  type DesiredState,
  applicationOf,
  buildCloudOf,
  uploadCloudsOf,
} from '../../model/unit/desired-state.ts';
import type { Observation, ObservedCloud, ObservedImage, ObservedLayer } from '../../model/observation.ts';
import type { OngoingJob } from '../../model/job/ongoing-job.ts';
import { isConsumerPaused } from '../../model/unit/steering.ts';
import type { PlanInput } from './plan-entry.ts';
import { EVERYTHING_PAUSED } from './plan-words.ts';

type SeenCloud = Extract<ObservedCloud, { readonly state: 'seen' }>;
type Cloud = SeenCloud | UnseenCloud;

/** The images of one project by name, the newest of each name first. */
export type ImagesByName = ReadonlyMap<string, readonly ObservedImage[]>;

/** A project that gets copies. Several entries of clouds.yaml may lead to it. */
interface Destination {
  /** The entry of clouds.yaml that jobs use for the project. */
  readonly cloudId: string;
  /** All entries of clouds.yaml that lead to the project. */
  readonly cloudIds: readonly string[];
  readonly projectKey: string;
  /** The reason to copy nothing to the project: all of its consumers are paused. Undefined when it is not paused. */
  readonly paused: string | undefined;
}

/** A project with known images. */
export interface Project extends Destination {
  readonly images: ImagesByName;
  /** The newest first. */
  readonly layers: readonly ObservedLayer[];
}

/** An entry of clouds.yaml whose project could not be queried. */
export interface UnseenCloud {
  readonly cloudId: string;
  /** `pending` while its images are being listed. */
  readonly state: 'failed' | 'pending';
  readonly message: string;
}

/** The clouds of the desired state, grouped by project. */
export interface Clouds {
  /** The build cloud, with the consumers that share its project. */
  readonly build: Project | UnseenCloud;
  /** The projects of the other consumers, in the order of the consumers. */
  readonly others: readonly Project[];
  /** The clouds of consumers that could not be queried. */
  readonly unseen: readonly UnseenCloud[];
  /** The other projects that are being queried: their images are unknown, but a build may copy to them. */
  readonly pending: readonly Destination[];
}

/** The clouds while the build cloud answers. */
export interface SeenClouds extends Clouds {
  readonly build: Project;
  /** The names from `listMissing`. */
  readonly missing: ReadonlySet<string>;
}

/**
 * Groups clouds by project. The build cloud represents its project, and the first consumer each other project. `projects`
 * has the projects of clouds that are being queried.
 */
export function groupClouds(
  desired: DesiredState,
  observation: Observation,
  projects: ReadonlyMap<string, string> = new Map(),
): Clouds {
  const build = findCloud(observation, buildCloudOf(desired));
  const consumers = uploadCloudsOf(desired).map((cloudId) => findCloud(observation, cloudId));
  const groups = new Map<string, Cloud[]>();
  for (const cloud of consumers) {
    const key = findProjectKey(cloud, projects);
    if (key !== undefined) groups.set(key, [...(groups.get(key) ?? []), cloud]);
  }
  const own = build.state === 'seen' ? (groups.get(build.projectKey) ?? []) : [];
  const others = [...groups].filter(([, clouds]) => clouds !== own);
  return {
    build: build.state === 'seen' ? toProject(build, [build, ...own], desired) : build,
    others: others.flatMap(([, clouds]) => {
      const source = clouds.find(({ state }) => state === 'seen');
      return source?.state === 'seen' ? [toProject(source, clouds, desired)] : [];
    }),
    unseen: consumers.filter((cloud) => cloud.state !== 'seen'),
    pending: others
      .filter(([, clouds]) => clouds.every(({ state }) => state !== 'seen'))
      .map(([projectKey, clouds]) => toDestination(projectKey, clouds, desired)),
  };
}

/** Reports whether one of the clouds of a running job leads to the project. The consumer of such a cloud may have left. */
export function leadsTo(
  { cloudIds }: Pick<OngoingJob, 'cloudIds'>,
  project: Destination,
  { projects }: Pick<PlanInput, 'projects'>,
): boolean {
  return cloudIds.some(
    (cloudId) => project.cloudIds.includes(cloudId) || projects?.get(cloudId) === project.projectKey,
  );
}

/** Reports whether the images of the project are known. */
export function isSeen(cloud: Project | UnseenCloud): cloud is Project {
  return 'images' in cloud;
}

/** Groups images by name. Images of the same second keep the order of Glance. */
export function groupByName(images: readonly ObservedImage[]): ImagesByName {
  const timed = images.map((image) => ({ image, time: timeOf(image) }));
  const groups = new Map<string, ObservedImage[]>();
  for (const { image } of timed.toSorted((a, b) => b.time - a.time)) {
    const group = groups.get(image.name);
    if (group === undefined) groups.set(image.name, [image]);
    else group.push(image);
  }
  return groups;
}

/** Returns the active images of one name, the newest first. */
export function listActive(images: ImagesByName, imageName: string): readonly ObservedImage[] {
  return images.get(imageName)?.filter(({ status }) => status === 'active') ?? [];
}

/** Returns the time of an image in epoch milliseconds. An unknown time counts as the oldest. */
export function timeOf(image: { readonly createdAt: string } | undefined): number {
  const read = Date.parse(image?.createdAt ?? '');
  return Number.isNaN(read) ? 0 : read;
}

/** Finds the image itself, or a copy of it. */
export function findCopy(images: readonly ObservedImage[], { id }: ObservedImage): ObservedImage | undefined {
  return images.find((each) => each.id === id || each.sourceImageId === id);
}

function findCloud(observation: Observation, cloudId: string): Cloud {
  const found = observation.find((cloud) => cloud.cloudId === cloudId);
  return found ?? { cloudId, state: 'pending', message: 'its images are being listed' };
}

/** Returns the project of a cloud that answered, or that answered before and is being queried. */
function findProjectKey(cloud: Cloud, projects: ReadonlyMap<string, string>): string | undefined {
  if (cloud.state === 'seen') return cloud.projectKey;
  return cloud.state === 'pending' ? projects.get(cloud.cloudId) : undefined;
}

function toProject(
  { projectKey, images, layers = [] }: SeenCloud,
  clouds: readonly Cloud[],
  desired: DesiredState,
): Project {
  return { ...toDestination(projectKey, clouds, desired), images: groupByName(images), layers };
}

function toDestination(projectKey: string, clouds: readonly Cloud[], desired: DesiredState): Destination {
  const cloudIds = clouds.map(({ cloudId }) => cloudId);
  const [cloudId = ''] = cloudIds;
  return { cloudId, cloudIds, projectKey, paused: explainPause(cloudIds, desired) };
}

function explainPause(
  cloudIds: readonly string[],
  { steering, consumers }: DesiredState,
): string | undefined {
  const served = consumers.filter(({ cloudId }) => cloudIds.includes(cloudId));
  const applications = [...new Set(served.map(applicationOf))];
  const paused = applications.filter((application) => isConsumerPaused(steering, application));
  if (paused.length === 0 || paused.length < applications.length) return undefined;
  return steering.isPaused ? EVERYTHING_PAUSED : `paused: consumer ${paused.join(', ')}`;
}
