import { SCRAPE_JOB } from '../../model/unit/metrics.ts';
import { encodeXz } from '../../system/xz.ts';
import { listAlertRules } from '../monitoring/alert-rules.ts';
import { makeDashboard } from '../monitoring/dashboard.ts';
import type { Topology } from '../monitoring/topology.ts';

/** A `cos-agent` relation, read at the start of a dispatch. */
export interface MonitorRelation {
  readonly id: number;
  /** The databag of our own unit. */
  readonly databag: Readonly<Record<string, string>>;
}

/** The databag of one `cos-agent` relation to write. */
export interface MonitorDecision {
  readonly relationId: number;
  /** Only the keys that differ. */
  readonly changes: Readonly<Record<string, string>>;
}

/** The content of the key `config` (interface cos_agent, library version 0). */
interface CosAgentConfig {
  readonly metrics_alert_rules: object;
  readonly log_alert_rules: object;
  /** Each is base64 of xz of JSON. */
  readonly dashboards: readonly string[];
  readonly metrics_scrape_jobs: readonly object[];
  /** Slots of snaps. Collectors read the files below /var/log without being asked. */
  readonly log_slots: readonly string[];
}

/** Decides what each relation offers. `port` is where the daemon serves metrics; undefined while it serves none. */
export function decideMonitors(
  relations: readonly MonitorRelation[],
  topology: Topology,
  port: number | undefined,
): readonly MonitorDecision[] {
  if (relations.length === 0) return [];
  const config = encodeCosAgentConfig(topology, port);
  return relations.map(({ id, databag }) => ({
    relationId: id,
    changes: databag['config'] === config ? {} : { config },
  }));
}

/** Returns the text of the key `config`. The same input has the same text. */
function encodeCosAgentConfig(topology: Topology, port: number | undefined): string {
  const dashboard = encodeXz(Buffer.from(JSON.stringify(makeDashboard()))).toString('base64');
  const config: CosAgentConfig = {
    metrics_alert_rules: listAlertRules(topology),
    log_alert_rules: {},
    dashboards: [dashboard],
    metrics_scrape_jobs: port === undefined ? [] : [makeScrapeJob(topology, port)],
    log_slots: [],
  };
  return JSON.stringify(config);
}

function makeScrapeJob({ application }: Topology, port: number): object {
  return {
    job_name: `${application}_${SCRAPE_JOB}`,
    metrics_path: '/metrics',
    static_configs: [{ targets: [`localhost:${port}`] }],
  };
}
