import { execFileSync } from 'node:child_process';
import { isMapping } from './model/json-schema.ts';
import type { Relation, RemoteUnit } from './model/model.ts';
import { enterScope, writeRemote } from './model/relations.ts';

/** The content of a databag of `cos_agent` as a collector reads it. */
export interface Collected {
  readonly rules: Readonly<Record<string, unknown>>;
  readonly dashboards: readonly Readonly<Record<string, unknown>>[];
  readonly scrapeJobs: readonly unknown[];
}

/**
 * Adds a unit of grafana-agent or opentelemetry-collector, which is subordinate: it is alone in the relation, and its
 * databag is empty at first.
 */
export function joinCollector(relation: Relation): RemoteUnit {
  if (relation.remoteUnits.size > 0) throw new Error('a relation in a container has one remote unit');
  return enterScope(relation, `${relation.remoteApplication}/0`);
}

/**
 * Reads our databag as the collector does when it changes: all keys but those of tracing and subordinates are required.
 * Then it writes the receivers of traces, of which none was requested. Returns undefined when we have not written yet.
 */
export function collect(relation: Relation): Collected | undefined {
  const text = relation.ourUnit['config'];
  if (text === undefined) return undefined;
  const config: unknown = JSON.parse(text);
  if (!isMapping(config)) throw new Error('config: expected an object');
  const rules = config['metrics_alert_rules'];
  if (!isMapping(rules) || !isMapping(config['log_alert_rules'])) throw new Error('expected alert rules');
  if (listOf(config, 'log_slots').some((slot) => !/^[^:]+:[^:]+$/.test(String(slot))))
    throw new Error('log_slots: expected SNAP:SLOT');
  for (const [name] of relation.remoteUnits) writeRemote(relation, name, { receivers: '[]' });
  return {
    rules,
    dashboards: listOf(config, 'dashboards').map(decodeDashboard),
    scrapeJobs: listOf(config, 'metrics_scrape_jobs'),
  };
}

function listOf(config: Readonly<Record<string, unknown>>, key: string): readonly unknown[] {
  const value = config[key];
  if (!Array.isArray(value)) throw new Error(`${key}: expected a list`);
  return value;
}

/** Decodes base64 of xz of JSON, with the library that Python uses as well. */
function decodeDashboard(text: unknown): Readonly<Record<string, unknown>> {
  const input = Buffer.from(String(text), 'base64');
  const json: unknown = JSON.parse(
    execFileSync('xz', ['--decompress', '--stdout'], { input, encoding: 'utf8' }),
  );
  if (!isMapping(json)) throw new Error('a dashboard: expected an object');
  return json;
}
