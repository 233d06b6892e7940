import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { listAlertRules } from '../../../src/charm/monitoring/alert-rules.ts';
import { makeDashboard } from '../../../src/charm/monitoring/dashboard.ts';
import { topologyLabels } from '../../../src/charm/monitoring/topology.ts';
import { describeWith } from '../../support/debian/find-program.ts';
import { Prometheus, findFreePort } from '../../support/debian/prometheus.ts';
import { until } from '../support/daemon-fixture.ts';
import { DaemonHost } from '../support/daemon-host.ts';
import { type RealDaemon, useRealDaemon } from '../support/real-daemon.ts';

const TOPOLOGY = { modelName: 'dev', modelUuid: 'deadbeef-0bad-400d-8000-4b1d0d06f00d', application: 'app' };

interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly expr: string; readonly datasource: { readonly type: string } }[];
}

/** The queries of the dashboard, with `all` for its variables. */
const QUERIES = (makeDashboard() as { readonly panels: readonly Panel[] }).panels.flatMap(
  ({ title, targets }) =>
    targets
      .filter(({ datasource }) => datasource.type === 'prometheus')
      .map(({ expr }) => [title, expr.replace(/\$juju_\w+/g, '.*')] as const),
);

describeWith('prometheus', 'Prometheus that scrapes a running daemon', (program) => {
  const scheduler = useRealDaemon();
  let host: DaemonHost | undefined;
  let daemon: RealDaemon | undefined;
  let prometheus: Prometheus | undefined;

  /** Starts a daemon with two consumers, of which the cloud of one refuses its image. */
  async function startDaemon(): Promise<number> {
    const started = await DaemonHost.open();
    host = started;
    await started.addCloud('blue', 'blues');
    await started.put('refuse-blue');
    await started.putDesired({
      metricsPort: await findFreePort(),
      consumers: [
        { relationId: 1, unit: 'red/0', cloudId: 'red' },
        { relationId: 2, unit: 'blue/0', cloudId: 'blue' },
      ],
    });
    daemon = scheduler.start(started);
    await until(async () => (await started.images('red')).length === 1);
    const imageIds = await started.images('red');
    await started.putDesired({
      published: [
        { relationId: 1, imageIds, isConfirmed: true },
        { relationId: 2, imageIds: [], isConfirmed: true },
      ],
    });
    await until(async () => (await started.built())?.failures.length === 1);
    return (await started.built())?.metricsPort ?? 0;
  }

  beforeAll(async () => {
    const target = await startDaemon();
    prometheus = await Prometheus.start({
      ...{ program, target, jobName: 'app_image_builder_scheduler', rules: listAlertRules(TOPOLOGY) },
      labels: { ...topologyLabels(TOPOLOGY), juju_unit: 'app/0' },
    });
  });
  afterAll(async () => {
    await prometheus?.close();
    await daemon?.end('SIGTERM');
    await host?.close();
  });

  test.each(QUERIES)('The panel "%s" has a series for %s', async (_, expr) => {
    await until(async () => ((await prometheus?.countSeries(expr)) ?? 0) > 0);
  });

  test('Prometheus evaluates every alert rule without an error, and the consumer without an image is pending', async () => {
    const readRules = async (): Promise<string> => JSON.stringify(await prometheus?.ask('rules'));
    await until(async () => (await readRules()).includes('"state":"pending"'));
    const rules = await readRules();
    expect(rules.match(/"health":"ok"/g)).toHaveLength(6);
    expect(rules.match(/"state":"(pending|firing)"/g)).toHaveLength(2); // of the rule and of its alert
    expect(rules).toMatch('blue has no image.');
  });
});
