import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { METRICS, type Metric, type MetricName, type Sample } from '../../../src/model/unit/metrics.ts';
import { encodeMetrics } from '../../../src/scheduler/metrics/encode-metrics.ts';
import { describeWith } from '../../support/debian/find-program.ts';

const EVERY: readonly Sample[] = Object.entries<Metric>(METRICS).map(([name, { labels }]) => ({
  name: name as MetricName,
  labels: Object.fromEntries(labels.map((label) => [label, `a "${label}"\\\n`])),
  value: 1.5,
}));

describe('encodeMetrics', () => {
  test('A sample has its help, its type, its labels and its value', () => {
    const text = encodeMetrics([{ name: 'image_builder_cloud_up', labels: { cloud: 'c1' }, value: 1 }]);
    expect(text).toBe(
      [
        '# HELP image_builder_cloud_up 1 when the last query of the cloud succeeded, else 0.',
        '# TYPE image_builder_cloud_up gauge',
        'image_builder_cloud_up{cloud="c1"} 1\n',
      ].join('\n'),
    );
  });

  test('A label cannot end its value, its line or the memory', () => {
    const cloud = `c"} 1\nup 0 \\${'x'.repeat(5000)}`;
    const lines = encodeMetrics([{ name: 'image_builder_cloud_up', labels: { cloud }, value: 1 }]).split(
      '\n',
    );
    expect(lines).toHaveLength(4);
    expect(lines[2]).toMatch(/^image_builder_cloud_up\{cloud="c\\"\} 1\\nup 0 \\\\x{185,190}"\} 1$/);
  });

  test('Names, units and types follow the conventions of Prometheus', () => {
    for (const [name, { type, help, labels }] of Object.entries<Metric>(METRICS)) {
      expect(name).toMatch(/^image_builder_[a-z_]+$/);
      expect(name.endsWith('_total')).toBe(type === 'counter');
      expect(help).toMatch(/^[^\n\\]+\.$/);
      expect(labels.filter((label) => ['job', 'instance', 'le', 'quantile'].includes(label))).toEqual([]);
    }
  });
});

describeWith('promtool', 'the text format', (promtool) => {
  test('promtool accepts every metric with labels of any characters', () => {
    const { stdout, stderr, status } = spawnSync(promtool, ['check', 'metrics'], {
      input: encodeMetrics(EVERY),
      encoding: 'utf8',
    });
    expect({ output: stdout + stderr, status }).toEqual({ output: '', status: 0 });
  });
});
