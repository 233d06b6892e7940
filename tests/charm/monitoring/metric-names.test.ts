import { expect, test } from '@jest/globals';
import { listAlertRules } from '../../../src/charm/monitoring/alert-rules.ts';
import { makeDashboard } from '../../../src/charm/monitoring/dashboard.ts';
import { METRICS } from '../../../src/model/unit/metrics.ts';

const TOPOLOGY = { modelName: 'dev', modelUuid: 'deadbeef-0bad-400d-8000-4b1d0d06f00d', application: 'app' };

const namesIn = (value: unknown): readonly string[] => [
  ...new Set(JSON.stringify(value).match(/image_builder_[a-z_]+(?=\{)/g)),
];

test('Alert rules and dashboard use only metrics that exist, and the dashboard shows all of them', () => {
  const known = Object.keys(METRICS);
  const unknown = [...namesIn(listAlertRules(TOPOLOGY)), ...namesIn(makeDashboard())];
  expect(unknown.filter((name) => !known.includes(name))).toEqual([]);
  const internal = ['image_builder_info', 'image_builder_image_wanted_timestamp_seconds'];
  const shown = namesIn(makeDashboard());
  expect(known.filter((name) => !shown.includes(name) && !internal.includes(name))).toEqual([]);
});

test('Every selector of an alert rule is limited to the application', () => {
  const [group] = listAlertRules(TOPOLOGY).groups;
  const selectors = (group?.rules ?? []).flatMap(({ expr }) => expr.match(/\w+\{[^}]*\}/g) ?? []);
  expect(selectors.length).toBeGreaterThan(8);
  expect(selectors.filter((selector) => !selector.includes('juju_application="app"'))).toEqual([]);
});

test('Panels of the dashboard do not overlap', () => {
  const { panels } = makeDashboard() as {
    readonly panels: readonly { readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>> }[];
  };
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
});
