/** A query of a panel, with the legend of its series. */
export interface PanelQuery {
  /** PromQL, with METRIC{} for each selector of a metric of ours. */
  readonly expr: string;
  readonly legend: string;
}

export interface PanelText {
  readonly title: string;
  readonly description: string;
  readonly unit: 's' | 'bytes' | 'short' | 'bool_yes_no';
  readonly shape: 'timeseries' | 'stat' | 'table';
  readonly queries: readonly PanelQuery[];
}

/** The panels of the dashboard, in reading order. */
export const PANELS: readonly PanelText[] = [
  panel('Since the last reconcile', 'Above 30 minutes the scheduler is silent.', 's', {
    shape: 'stat',
    queries: [query('time() - image_builder_last_reconcile_timestamp_seconds{}', '{{juju_unit}}')],
  }),
  panel('Until the next build', 'The time until the next image is due.', 's', {
    shape: 'stat',
    queries: [query('image_builder_next_build_timestamp_seconds{} - time()', '{{juju_unit}}')],
  }),
  panel('Consumers with an image', 'No: the consumer can start no runner.', 'bool_yes_no', {
    shape: 'stat',
    queries: [query('image_builder_consumer_served{}', '{{consumer}} {{relation}}')],
  }),
  panel('Clouds that answer', 'No: the last query of the cloud failed.', 'bool_yes_no', {
    shape: 'stat',
    queries: [query('image_builder_cloud_up{}', '{{cloud}}')],
  }),
  panel('Age of the newest image', 'Twice the build interval is too old.', 's', {
    queries: [
      query('time() - image_builder_image_built_timestamp_seconds{}', '{{image}}'),
      query('2 * image_builder_image_build_interval_seconds{}', 'too old: {{image}}'),
    ],
  }),
  panel('Age of the images that consumers use', 'Counted from the build of the image.', 's', {
    queries: [
      query(
        'time() - image_builder_published_image_timestamp_seconds{}',
        '{{consumer}} {{relation}} {{image}}',
      ),
    ],
  }),
  panel('Runners that consumers use', 'The versions of the GitHub runner in the published images.', 'short', {
    shape: 'table',
    queries: [
      query(
        'sum by (consumer, relation, image, runner_version) (image_builder_published_runner_info{})',
        '{{runner_version}}',
      ),
    ],
  }),
  panel('Age of the runners', 'GitHub refuses a runner 30 days after a newer version.', 's', {
    queries: [
      query(
        'time() - image_builder_published_runner_timestamp_seconds{}',
        '{{consumer}} {{relation}} {{image}}',
      ),
    ],
  }),
  panel('Builds in a day', 'partial: the image exists, and a copy failed.', 'short', {
    queries: [
      query('sum by (image, outcome) (increase(image_builder_builds_total{}[1d]))', '{{image}} {{outcome}}'),
    ],
  }),
  panel('Duration of the last build', 'From its start to the last copy.', 's', {
    queries: [query('image_builder_build_seconds{}', '{{image}}')],
  }),
  panel('Seconds by step', 'The mean since the start of the scheduler.', 's', {
    queries: [
      query(
        'sum by (job_kind, step) (image_builder_step_seconds_total{}) / sum by (job_kind, step) (image_builder_steps_total{})',
        '{{job_kind}}: {{step}}',
      ),
    ],
  }),
  panel('Running jobs', 'Processes of this unit.', 'short', {
    queries: [query('image_builder_jobs_running{}', '{{job_kind}}')],
  }),
  panel('Copies in a day', 'By cloud and outcome.', 'short', {
    queries: [
      query('sum by (cloud, outcome) (increase(image_builder_copies_total{}[1d]))', '{{cloud}} {{outcome}}'),
    ],
  }),
  panel('Seconds of copies in a day', 'The time that copies to each cloud took.', 's', {
    queries: [query('sum by (cloud) (increase(image_builder_copy_seconds_total{}[1d]))', '{{cloud}}')],
  }),
  panel('Bytes sent in a day', 'To each cloud, in copies that succeeded.', 'bytes', {
    queries: [query('sum by (cloud) (increase(image_builder_copied_bytes_total{}[1d]))', '{{cloud}}')],
  }),
  panel('Size of the newest image', 'In each cloud.', 'bytes', {
    queries: [query('image_builder_image_size_bytes{}', '{{image}} {{cloud}}')],
  }),
  panel('API errors in an hour', 'denied: the cloud refused; unavailable: it did not work.', 'short', {
    queries: [
      query(
        'sum by (cloud, error_kind) (increase(image_builder_api_errors_total{}[1h]))',
        '{{cloud}} {{error_kind}}',
      ),
    ],
  }),
  panel('Failed attempts in a row', 'Jobs that have not succeeded since.', 'short', {
    queries: [query('image_builder_job_failures{}', '{{job_kind}} {{subject}} {{cloud}}')],
  }),
  panel('Leftovers', 'Things that the last jobs could not delete, and leftovers deleted in a day.', 'short', {
    queries: [
      query('sum by (job_kind, subject) (image_builder_leftovers{})', '{{job_kind}} {{subject}}'),
      query('sum(increase(image_builder_leftovers_swept_total{}[1d]))', 'deleted'),
    ],
  }),
];

function panel(
  title: string,
  description: string,
  unit: PanelText['unit'],
  { shape = 'timeseries', queries }: Pick<PanelText, 'queries'> & Partial<PanelText>,
): PanelText {
  return { title, description, unit, shape, queries };
}

function query(expr: string, legend: string): PanelQuery {
  return { expr, legend };
}
