import type { Built } from '../../model/unit/built.ts';
import type { JobKind } from '../../model/job/job-kind.ts';
import { type DesiredState, buildCloudOf } from '../../model/unit/desired-state.ts';
import type { Sample } from '../../model/unit/metrics.ts';
import { type ImagesByName, groupByName, listActive } from '../plan/plan-clouds.ts';
import { type KnownImages, samplePublished, sampleTime, secondsOf } from './published-samples.ts';

/** The state of the unit after a reconcile. */
export interface StateFacts {
  readonly version: string;
  readonly desired: DesiredState;
  readonly intervalHours: number;
  readonly built: Built;
  readonly images: KnownImages;
  /** By image name: the time, in epoch milliseconds, since which the image has been desired. */
  readonly wantedSince: ReadonlyMap<string, number>;
}

const JOBS: readonly JobKind[] = [
  ...(['prepare', 'layer', 'build', 'copy', 'prune', 'sweep'] as const),
  ...(['prune-clouds', 'preflight', 'trial'] as const),
];

/** Returns the samples that follow from the state alone. */
export function sampleState(facts: StateFacts): readonly Sample[] {
  const { version, desired, built, images } = facts;
  const buildImages = images.get(buildCloudOf(desired)) ?? [];
  const byCloud = new Map([...images].map(([cloud, all]) => [cloud, groupByName(all)]));
  const nextBuildAt = built.nextBuildAt === undefined ? undefined : Date.parse(built.nextBuildAt) / 1000;
  return [
    { name: 'image_builder_info', labels: { version, role: desired.role }, value: 1 },
    ...sampleTime('image_builder_next_build_timestamp_seconds', {}, nextBuildAt),
    ...[...desired.images.keys()].flatMap((image) => sampleImage(image, byCloud, facts)),
    ...samplePublished({ desired, images, buildImages, clouds: built.clouds }),
    ...sampleClouds(built),
    ...sampleJobs(built),
  ];
}

function sampleImage(
  image: string,
  byCloud: ReadonlyMap<string, ImagesByName>,
  { desired, intervalHours, wantedSince }: StateFacts,
): readonly Sample[] {
  const labels = { image };
  const [newest] = listActive(byCloud.get(buildCloudOf(desired)) ?? new Map(), image);
  const builtAt = newest && secondsOf(newest);
  const since = wantedSince.get(image);
  const sizes = [...byCloud].flatMap(([cloud, images]): readonly Sample[] => {
    const size = listActive(images, image)[0]?.size;
    const name = 'image_builder_image_size_bytes';
    return size === undefined ? [] : [{ name, labels: { image, cloud }, value: size }];
  });
  return [
    { name: 'image_builder_image_build_interval_seconds', labels, value: intervalHours * 3600 },
    ...sampleTime('image_builder_image_wanted_timestamp_seconds', labels, since && since / 1000),
    ...sampleTime('image_builder_image_built_timestamp_seconds', labels, builtAt),
    ...sizes,
  ];
}

function sampleClouds({ clouds }: Built): readonly Sample[] {
  return clouds.map(({ cloudId: cloud, failure }) => ({
    ...{ name: 'image_builder_cloud_up', labels: { cloud }, value: failure === undefined ? 1 : 0 },
  }));
}

function sampleJobs({ running, failures }: Built): readonly Sample[] {
  const runningJobs = JOBS.map((kind): Sample => {
    const value = running.filter((job) => job.kind === kind).length;
    return { name: 'image_builder_jobs_running', labels: { job_kind: kind }, value };
  });
  const failed = failures.map(({ kind, subject, cloudId: cloud, attempts }): Sample => {
    const labels = { job_kind: kind, subject, cloud };
    return { name: 'image_builder_job_failures', labels, value: attempts };
  });
  return [...runningJobs, ...failed];
}
