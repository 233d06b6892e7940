import { SCRAPE_JOB } from '../../model/unit/metrics.ts';
import { CHARM_NAME, type Topology, topologyLabels, topologyMatchers } from './topology.ts';

/** An alerting rule of Prometheus. */
interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: { readonly summary: string; readonly description: string };
}

/** A file of alerting rules. */
export interface AlertRules {
  readonly groups: readonly { readonly name: string; readonly rules: readonly AlertRule[] }[];
}

interface RuleText {
  readonly alert: string;
  /** The expression, with MATCHERS in each selector. */
  readonly expr: string;
  readonly for: string;
  readonly severity: 'critical' | 'warning';
  readonly summary: string;
  readonly description: string;
}

/** The placeholder for the matchers of the application in an expression. */
const MATCHERS = 'TOPOLOGY';
/** The unit's name in file names, in a template of an alert. */
const UNIT_FILES = '{{ reReplaceAll "/" "-" $labels.juju_unit }}';
/** The systemd service of the scheduler, in a template of an alert. */
const SERVICE = `${UNIT_FILES}-scheduler`;
/** The age of a runner at which an alert fires. GitHub refuses runners 30 days after a newer version. */
const RUNNER_DAYS = 25;
/** Six times the interval of the scheduler. */
const SILENT_SECONDS = 1800;

/** Returns the alerting rules of the application. They are the same for all of its units. */
export function listAlertRules(topology: Topology): AlertRules {
  const { modelName, modelUuid, application } = topology;
  const name = [modelName, modelUuid.slice(0, 8), application, 'image_builder_rules'].join('_');
  const rules = listTexts(application).map((text) => toRule(text, topology));
  return { groups: [{ name: name.replace(/[^a-zA-Z0-9_:]/g, '_'), rules }] };
}

function toRule({ severity, summary, description, ...text }: RuleText, topology: Topology): AlertRule {
  const expr = text.expr.replaceAll(MATCHERS, topologyMatchers(topology));
  return {
    alert: text.alert,
    expr,
    for: text.for,
    labels: { severity, ...topologyLabels(topology), juju_charm: CHARM_NAME },
    annotations: { summary, description },
  };
}

function listTexts(application: string): readonly RuleText[] {
  return [
    {
      alert: 'ImageBuilderSchedulerSilent',
      expr:
        `time() - image_builder_last_reconcile_timestamp_seconds{${MATCHERS}} > ${SILENT_SECONDS} ` +
        `or up{job=~".*${SCRAPE_JOB}.*",${MATCHERS}} == 0`,
      for: '10m',
      severity: 'critical',
      summary: 'The scheduler of {{ $labels.juju_unit }} is silent.',
      description:
        'No reconcile of {{ $labels.juju_unit }} has succeeded for half an hour, or its metrics cannot be read. ' +
        'Images are neither built nor copied. The log says why: ' +
        `juju exec --unit {{ $labels.juju_unit }} "journalctl -n 50 -u ${SERVICE}". ` +
        `To restart the scheduler: juju exec --unit {{ $labels.juju_unit }} "systemctl restart ${SERVICE}"`,
    },
    {
      alert: 'ImageBuilderImageOverdue',
      expr:
        `time() - (image_builder_image_built_timestamp_seconds{${MATCHERS}} or image_builder_image_wanted_timestamp_seconds{${MATCHERS}}) ` +
        `> 2 * image_builder_image_build_interval_seconds{${MATCHERS}}`,
      for: '10m',
      severity: 'critical',
      summary: 'There is no good image {{ $labels.image }} of the last two build intervals.',
      description:
        'The newest good image {{ $labels.image }} is {{ $value | humanizeDuration }} old, or has been missing for that ' +
        `time. The status names the last failure: juju status ${application}. ` +
        `To build at once: juju run ${application}/leader run`,
    },
    {
      alert: 'ImageBuilderRunnerOutdated',
      expr: `time() - image_builder_published_runner_timestamp_seconds{${MATCHERS}} > ${RUNNER_DAYS} * 86400`,
      for: '10m',
      severity: 'warning',
      summary: `The runner that {{ $labels.consumer }} uses is older than ${RUNNER_DAYS} days.`,
      description:
        'GitHub refuses runners 30 days after the release of a newer version. The runner in image {{ $labels.image }} ' +
        'of {{ $labels.consumer }} ({{ $labels.relation }}) is {{ $value | humanizeDuration }} old. If the version is ' +
        `pinned: juju config ${application} runner-version="". To build at once: juju run ${application}/leader run`,
    },
    {
      alert: 'ImageBuilderLeftovers',
      expr: `image_builder_leftovers{${MATCHERS}} > 0`,
      for: '1h',
      severity: 'warning',
      summary:
        'A {{ $labels.job_kind }} of {{ $labels.subject }} left {{ $value }} things behind in a cloud.',
      description:
        'They could not be deleted, and take up quota. The log names them: ' +
        `juju exec --unit {{ $labels.juju_unit }} "grep -h 'left behind' /var/log/${UNIT_FILES}/scheduler.log". ` +
        `Every build first deletes what earlier ones left: juju run ${application}/leader run`,
    },
    {
      alert: 'ImageBuilderConsumerUnserved',
      expr: `image_builder_consumer_served{${MATCHERS}} == 0`,
      for: '2h',
      severity: 'critical',
      summary: '{{ $labels.consumer }} has no image.',
      description:
        'The relation {{ $labels.relation }} with {{ $labels.consumer }} offers no image that is active in its cloud, so ' +
        `no runner can start. The status says why: juju status --relations ${application}`,
    },
    {
      alert: 'ImageBuilderCloudUnavailable',
      expr: `image_builder_cloud_up{${MATCHERS}} == 0`,
      for: '1h',
      severity: 'warning',
      summary: 'The cloud {{ $labels.cloud }} cannot be queried.',
      description:
        'The cloud {{ $labels.cloud }} has not answered for an hour, or refuses the credentials. Consumers keep their ' +
        `last images. The status says why: juju status ${application}`,
    },
  ];
}
