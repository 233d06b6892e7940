import { CHARM_NAME } from './topology.ts';
import { PANELS, type PanelQuery, type PanelText } from './panels.ts';

const METRICS_SOURCE = { type: 'prometheus', uid: '${prometheusds}' };
const LOGS_SOURCE = { type: 'loki', uid: '${lokids}' };

/** The variables that every query of a metric of ours uses. */
const MATCHERS = 'juju_model=~"$juju_model",juju_application=~"$juju_application"';

/** Grafana's grid has 24 columns. */
const COLUMNS = 24;
const WIDTHS = { stat: 6, timeseries: 12, table: 12 } as const;
const HEIGHTS = { stat: 4, timeseries: 8, table: 8 } as const;

/** Returns the dashboard in Grafana's format. It is the same for all applications, which its variables select. */
export function makeDashboard(): object {
  return {
    title: 'GitHub runner image builder',
    uid: CHARM_NAME,
    tags: [`charm: ${CHARM_NAME}`],
    schemaVersion: 38,
    version: 1,
    editable: true,
    refresh: '1m',
    time: { from: 'now-2d', to: 'now' },
    timezone: 'browser',
    templating: { list: listVariables() },
    panels: [...placePanels(PANELS), logsPanel()],
  };
}

function listVariables(): readonly object[] {
  const source = (name: string, label: string, query: string): object => {
    return { name, label, type: 'datasource', query, current: {}, refresh: 1, regex: '' };
  };
  const values = (name: string, label: string, metric: string): object => ({
    ...{ name, label, type: 'query', datasource: METRICS_SOURCE, refresh: 2, sort: 1 },
    ...{ query: `label_values(${metric}, ${name})`, includeAll: true, multi: true, allValue: '.*' },
    current: { text: 'All', value: '$__all' },
  });
  return [
    source('prometheusds', 'Metrics', 'prometheus'),
    source('lokids', 'Logs', 'loki'),
    values('juju_model', 'Model', 'image_builder_info'),
    values('juju_application', 'Application', 'image_builder_info{juju_model=~"$juju_model"}'),
  ];
}

/** Places panels from left to right. Stats share the first row. */
function placePanels(panels: readonly PanelText[]): readonly object[] {
  let [x, y] = [0, 0];
  return panels.map((panel, index) => {
    const [w, h] = [WIDTHS[panel.shape], HEIGHTS[panel.shape]];
    const gridPos = { x, y, w, h };
    x = (x + w) % COLUMNS;
    if (x === 0) y += h;
    return { id: index + 1, gridPos, ...renderPanel(panel) };
  });
}

function renderPanel({ title, description, unit, shape, queries }: PanelText): object {
  return {
    ...{ title, description, type: shape, datasource: METRICS_SOURCE },
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    targets: queries.map((query, index) => renderTarget(query, index, shape)),
  };
}

function renderTarget({ expr, legend }: PanelQuery, index: number, shape: PanelText['shape']): object {
  return {
    refId: String.fromCharCode(65 + index),
    datasource: METRICS_SOURCE,
    expr: expr.replaceAll('{}', `{${MATCHERS}}`),
    legendFormat: legend,
    ...(shape === 'timeseries' ? { range: true } : { instant: true }),
    ...(shape === 'table' ? { format: 'table' } : {}),
  };
}

/** Collectors read all files of /var/log, among them the scheduler's. */
function logsPanel(): object {
  const expr =
    '{juju_model=~"$juju_model",juju_application=~"$juju_application",filename=~".*/scheduler.log"}';
  return {
    ...{ id: PANELS.length + 1, title: 'Log of the scheduler', type: 'logs', datasource: LOGS_SOURCE },
    gridPos: { x: 0, y: 1000, w: COLUMNS, h: 10 }, // Grafana moves it up to the others
    options: { sortOrder: 'Descending', wrapLogMessage: true },
    targets: [{ refId: 'A', datasource: LOGS_SOURCE, expr }],
  };
}
