/** A metric that the daemon exposes. */
export interface Metric {
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  readonly labels: readonly string[];
}

const PUBLISHED = ['image', 'consumer', 'relation', 'cloud'] as const;

/** All metrics by name. Their order is that of the exposition and of the reference page. */
export const METRICS = {
  image_builder_info: gauge('Always 1. The version of the charm, and whether this unit works or observes.', [
    'version',
    'role',
  ]),
  image_builder_last_reconcile_timestamp_seconds: gauge(
    'The heartbeat of the scheduler: the end of the last reconcile that did not fail.',
  ),
  image_builder_next_build_timestamp_seconds: gauge(
    'The time at which the next image is due. Absent while it is not known.',
  ),
  image_builder_image_build_interval_seconds: gauge('The age at which an image is built again.', ['image']),
  image_builder_image_wanted_timestamp_seconds: gauge(
    'The time since which this scheduler has been asked for the image.',
    ['image'],
  ),
  image_builder_image_built_timestamp_seconds: gauge(
    'The creation time of the newest active image in the build cloud. Absent while there is none.',
    ['image'],
  ),
  image_builder_image_size_bytes: gauge('The size of the newest active image in a cloud.', [
    'image',
    'cloud',
  ]),
  image_builder_published_image_timestamp_seconds: gauge(
    'The time at which the image that a consumer uses was built.',
    PUBLISHED,
  ),
  image_builder_published_runner_timestamp_seconds: gauge(
    'The build of the image that a consumer uses, or with `runner-version` the release of the runner if GitHub names it.',
    PUBLISHED,
  ),
  image_builder_published_runner_info: gauge(
    'Always 1. The version of the runner of the image that a consumer uses.',
    [...PUBLISHED, 'runner_version'],
  ),
  image_builder_consumer_served: gauge(
    '1 when the consumer has the id of an image that is active in its cloud, else 0.',
    ['consumer', 'relation'],
  ),
  image_builder_cloud_up: gauge('1 when the last query of the cloud succeeded, else 0.', ['cloud']),
  image_builder_jobs_running: gauge('The number of running jobs.', ['job_kind']),
  image_builder_job_failures: gauge(
    'The number of failed attempts in a row of a job that has not succeeded since. The cloud is empty for the build cloud.',
    ['job_kind', 'subject', 'cloud'],
  ),
  image_builder_leftovers: gauge(
    'The number of things in clouds that the last job of this kind and subject could not delete.',
    ['job_kind', 'subject'],
  ),
  image_builder_build_seconds: gauge('The duration of the last build of the image.', ['image']),
  image_builder_builds_total: counter('Ended builds. partial: the image exists, and a copy failed.', [
    'image',
    'outcome',
  ]),
  image_builder_step_seconds_total: counter('The time that the steps of jobs took.', ['job_kind', 'step']),
  image_builder_steps_total: counter('Ended steps of jobs.', ['job_kind', 'step']),
  image_builder_copies_total: counter('Ended copies of images to a cloud.', ['cloud', 'outcome']),
  image_builder_copy_seconds_total: counter('The time that copies to a cloud took.', ['cloud']),
  image_builder_copied_bytes_total: counter('The bytes that were sent to a cloud in successful copies.', [
    'cloud',
  ]),
  image_builder_leftovers_swept_total: counter('The leftovers of dead builds that were deleted.'),
  image_builder_api_errors_total: counter(
    'Queries and jobs that a cloud failed. denied: it refused; quota: none was left; unavailable: it did not work.',
    ['cloud', 'error_kind'],
  ),
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricName = keyof typeof METRICS;

/** One value of a metric. Its labels are those that the metric declares. */
export interface Sample {
  readonly name: MetricName;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The default of the option `metrics-port`. */
export const DEFAULT_METRICS_PORT = 19_810;

/** The part of a scrape job's name that alert rules recognise it by. */
export const SCRAPE_JOB = 'image_builder_scheduler';

function gauge(help: string, labels: readonly string[] = []): Metric {
  return { type: 'gauge', help, labels };
}

function counter(help: string, labels: readonly string[] = []): Metric {
  return { type: 'counter', help, labels };
}
