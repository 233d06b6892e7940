import { loadCompiled, notice, renderTable, wrap } from './reference-parts.js';

/**
 * Renders the metrics and alerts, from the lists in the code.
 * @param {string} root
 * @returns {Promise<string>}
 */
export async function renderMetrics(root) {
  const { METRICS, DEFAULT_METRICS_PORT } = await loadCompiled(root, 'model/unit/metrics');
  const { listAlertRules } = await loadCompiled(root, 'charm/monitoring/alert-rules');
  const metrics = Object.entries(METRICS).map(([name, { type, help, labels }]) => [
    `\`${name}\``,
    type,
    labels.map((label) => `\`${label}\``).join(', '),
    help,
  ]);
  return [
    '# Metrics and alerts',
    notice('the lists of metrics and alert rules in the code'),
    wrap(
      `The scheduler serves its metrics at \`http://127.0.0.1:${DEFAULT_METRICS_PORT}/metrics\`, or at the next free port. ` +
        'Times are in seconds since 1970. Counters begin at 0 when the scheduler starts. [How to monitor](../how-to/monitor.md) ' +
        'describes the way to a dashboard.',
    ),
    renderTable(['metric', 'type', 'labels', 'meaning'], metrics),
    '## Alerts',
    renderTable(['alert', 'severity', 'fires after', 'message'], listAlerts(listAlertRules)),
    '## Labels',
    LABELS,
  ].join('\n\n');
}

const LABELS = `- \`image\`: the name of the image, such as \`app-noble-x64\`.
- \`consumer\`, \`relation\`: the application on the relation, and the relation's id, such as \`image:3\`.
- \`cloud\`: the key in the unit's clouds.yaml; \`builder\` is the build cloud.
- \`job_kind\`: \`prepare\`, \`layer\`, \`build\`, \`copy\`, \`prune\`, \`sweep\`, \`prune-clouds\`, \`preflight\` or \`trial\`. \`subject\` is
  its image or layer, the base that is prepared, or the description of the prune.
- \`outcome\`: of a build \`done\`, \`partial\`, \`failed\` or \`cancelled\`; of a copy \`copied\`, \`shared\`, \`already there\`, \`itself\` or
  \`failed\`.
- \`error_kind\`: \`denied\`, \`quota\` or \`unavailable\`.`;

function listAlerts(listAlertRules) {
  const { groups } = listAlertRules({ modelName: 'MODEL', modelUuid: 'UUID', application: 'APPLICATION' });
  return groups.flatMap(({ rules }) =>
    rules.map(({ alert, labels, for: duration, annotations }) => [
      `\`${alert}\``,
      labels.severity,
      duration,
      annotations.summary.replace(/\{\{ \$(?:labels\.)?(\w+) \}\}/g, (_, name) => name.toUpperCase()),
    ]),
  );
}
