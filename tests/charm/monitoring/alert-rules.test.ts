import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { listAlertRules } from '../../../src/charm/monitoring/alert-rules.ts';
import { topologyMatchers } from '../../../src/charm/monitoring/topology.ts';
import { describeWith } from '../../support/debian/find-program.ts';

const TOPOLOGY = { modelName: 'dev', modelUuid: 'deadbeef-0bad-400d-8000-4b1d0d06f00d', application: 'app' };
/** The labels that the collector adds. */
const TARGET = `${topologyMatchers(TOPOLOGY)},juju_unit="app/0",instance="localhost:19810",job="app_image_builder_scheduler"`;

/** A series of a metric, in the notation of promtool: one value for each interval. */
interface Series {
  readonly metric: string;
  readonly labels?: string;
  readonly values: string;
}

interface Case {
  readonly title: string;
  /** The interval of values and evaluations. Default: a minute. */
  readonly interval?: string;
  readonly series: readonly Series[];
  /** The alerts that fire, each with labels, by the minute. */
  readonly firing: Readonly<Record<string, readonly string[]>>;
}

const IMAGE = 'image="app-noble-x64"';
const USED = `${IMAGE},consumer="github-runner",relation="image:3",cloud="c1"`;
const HOUR = 60;
const DAY = 24 * HOUR;

const CASES: readonly Case[] = [
  {
    title: 'The scheduler is silent when no reconcile succeeded for half an hour',
    series: [
      { metric: 'image_builder_last_reconcile_timestamp_seconds', values: '0x200' },
      { metric: 'up', values: '1x200' },
    ],
    firing: { 30: [], 45: ['ImageBuilderSchedulerSilent app/0'] },
  },
  {
    title: 'A scheduler that reconciles is not silent',
    series: [
      { metric: 'image_builder_last_reconcile_timestamp_seconds', values: '0+60x200' },
      { metric: 'up', values: '1x200' },
    ],
    firing: { 100: [], 190: [] },
  },
  {
    title: 'The scheduler is silent when its metrics cannot be read',
    series: [{ metric: 'up', values: '1x10 0x100' }],
    firing: { 10: [], 30: ['ImageBuilderSchedulerSilent app/0'] },
  },
  {
    title: 'An image is overdue two intervals after its build',
    series: [
      { metric: 'image_builder_image_build_interval_seconds', labels: IMAGE, values: '21600x900' },
      { metric: 'image_builder_image_wanted_timestamp_seconds', labels: IMAGE, values: '0x900' },
      { metric: 'image_builder_image_built_timestamp_seconds', labels: IMAGE, values: '3600x900' },
    ],
    firing: { [13 * HOUR]: [], [13 * HOUR + 20]: ['ImageBuilderImageOverdue app-noble-x64'] },
  },
  {
    title: 'An image that was never built is overdue two intervals after it was asked for',
    series: [
      { metric: 'image_builder_image_build_interval_seconds', labels: IMAGE, values: '3600x200' },
      { metric: 'image_builder_image_wanted_timestamp_seconds', labels: IMAGE, values: '0x200' },
    ],
    firing: { [2 * HOUR]: [], [2 * HOUR + 20]: ['ImageBuilderImageOverdue app-noble-x64'] },
  },
  {
    title: 'A runner is outdated after 25 days',
    interval: '1h',
    series: [
      { metric: 'image_builder_published_runner_timestamp_seconds', labels: USED, values: `0x${26 * 24}` },
    ],
    firing: { [25 * DAY]: [], [25 * DAY + 3 * HOUR]: ['ImageBuilderRunnerOutdated app-noble-x64'] },
  },
  {
    title: 'Leftovers alert after an hour, and not when the next job deletes them',
    series: [
      {
        metric: 'image_builder_leftovers',
        labels: 'job_kind="build",subject="app-noble-x64"',
        values: '0x10 2x90 0x100',
      },
    ],
    firing: { 60: [], 80: ['ImageBuilderLeftovers app-noble-x64'], 110: [] },
  },
  {
    title: 'A consumer without an image alerts after two hours',
    series: [
      {
        metric: 'image_builder_consumer_served',
        labels: 'consumer="github-runner",relation="image:3"',
        values: '0x130 1x20',
      },
    ],
    firing: { 110: [], 125: ['ImageBuilderConsumerUnserved github-runner'], 140: [] },
  },
  {
    title: 'A cloud that does not answer alerts after an hour',
    series: [{ metric: 'image_builder_cloud_up', labels: 'cloud="c1"', values: '1x10 0x100' }],
    firing: { 60: [], 90: ['ImageBuilderCloudUnavailable c1'] },
  },
];

/** Maps each alert to the label that names its subject. */
const SUBJECTS: Readonly<Record<string, string>> = {
  ImageBuilderSchedulerSilent: 'juju_unit',
  ImageBuilderImageOverdue: 'image',
  ImageBuilderRunnerOutdated: 'image',
  ImageBuilderLeftovers: 'subject',
  ImageBuilderConsumerUnserved: 'consumer',
  ImageBuilderCloudUnavailable: 'cloud',
};

const RULES = listAlertRules(TOPOLOGY).groups.flatMap(({ rules }) => rules);

/** Returns a query that has one series for each firing alert, with its subject. */
function queryOf(alert: string): string {
  const firing = `ALERTS{alertname="${alert}",alertstate="firing"}`;
  return `count by (alertname, subject) (label_replace(${firing}, "subject", "$1", "${SUBJECTS[alert] ?? ''}", "(.*)"))`;
}

function listInputs(series: readonly Series[]): readonly object[] {
  return series.map(({ metric, labels, values }) => ({
    series: `${metric}{${labels === undefined ? '' : `${labels},`}${TARGET}}`,
    values,
  }));
}

/** Returns the expectation that exactly the listed alerts fire. */
function expectFiring({ firing }: Case): object {
  const expectations = Object.entries(firing).flatMap(([minute, texts]) =>
    Object.keys(SUBJECTS).map((alert) => {
      const subjects = texts.flatMap((text) => new RegExp(`^${alert} (.*)`).exec(text)?.slice(1) ?? []);
      const samples = subjects.map((subject) => ({
        labels: `{alertname="${alert}",subject="${subject}"}`,
        value: 1,
      }));
      return { expr: queryOf(alert), eval_time: `${minute}m`, exp_samples: samples };
    }),
  );
  return { promql_expr_test: expectations };
}

/** Returns the expectation that no alert fires, whose failure prints the texts of those that do. */
function expectNone({ firing }: Case): object {
  const tests = Object.entries(firing).flatMap(([minute, texts]) =>
    texts.map((text) => ({ eval_time: `${minute}m`, alertname: text.split(' ')[0], exp_alerts: [] })),
  );
  return { alert_rule_test: tests };
}

describeWith('promtool', 'the alert rules', (promtool) => {
  let folder = '';
  let rules = '';

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'alert-rules-'));
    rules = join(folder, 'rules.yaml');
    writeFileSync(rules, JSON.stringify(listAlertRules(TOPOLOGY)));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Runs promtool and returns its output, that of a failure as well. */
  function run(...args: readonly string[]): string {
    const { stdout, stderr } = spawnSync(promtool, args, { encoding: 'utf8' });
    return stdout + stderr;
  }

  function runTest(each: Case, expectation: object): string {
    const path = join(folder, 'test.yaml');
    const interval = each.interval ?? '1m';
    const tests = [{ interval, input_series: listInputs(each.series), ...expectation }];
    writeFileSync(path, JSON.stringify({ rule_files: [rules], evaluation_interval: interval, tests }));
    return run('test', 'rules', path);
  }

  test('promtool accepts the rules', () => {
    const output = run('check', 'rules', '--lint=all', '--lint-fatal', rules);
    expect(output).toMatch(`SUCCESS: ${RULES.length} rules found`);
  });

  test.each(CASES.map((each) => [each.title, each] as const))('%s', (_, each) => {
    const output = runTest(each, expectFiring(each));
    expect(output).toMatch('SUCCESS');
    expect(output).not.toMatch('FAILED');
  });

  test('Prometheus fills in the texts of every alert', () => {
    const shown = CASES.map((each) => runTest(each, expectNone(each))).join('');
    for (const { alert } of RULES) expect(shown).toMatch(`alertname: ${alert},`);
    expect(shown).toMatch('systemctl restart app-0-scheduler');
    expect(shown).toMatch('The newest good image app-noble-x64 is 12h 20m 0s old');
    expect(shown).not.toMatch(/\{\{|<no value>|error expanding|%!/);
  });
});

test('Every alert has a severity, and a description with the juju command to run', () => {
  for (const { labels, annotations } of RULES) {
    expect(['critical', 'warning']).toContain(labels['severity']);
    expect(annotations.description).toMatch(/juju (run|status|config|exec) /);
    expect(annotations.summary).toMatch(/\.$/);
  }
  expect(RULES.map(({ alert }) => alert).sort()).toEqual(Object.keys(SUBJECTS).sort());
});
