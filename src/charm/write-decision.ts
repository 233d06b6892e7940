import { installCloudsYaml, installHostSecrets } from '../builder/credentials.ts';
import type { Host } from '../builder/tools.ts';
import type { HookTools } from '../juju/hook-tools.ts';
import { encodeDesiredState } from '../model/desired-state.ts';
import { writeFileAtomic } from '../system/files/text-file.ts';
import type { Logger } from '../system/log/logger.ts';
import type { Decision } from './decide.ts';
import { relationName } from './observe.ts';

/** The targets that a decision is written to. */
export interface DecisionWriter {
  readonly host: Host;
  readonly tools: HookTools;
  readonly logger: Logger;
}

/**
 * Writes what differs. Credentials come before the desired state that refers to their generation, and the desired
 * state comes before the databags, so that the daemon knows every id that is published. Juju's buffered writes come
 * last because juju-exec keeps them even when the dispatch fails afterwards.
 */
export async function writeDecision(decision: Decision, writer: DecisionWriter): Promise<void> {
  await writeCredentials(decision, writer);
  await writeDesired(decision, writer);
  await writeDatabags(decision, writer);
  await writer.tools.statusSet(decision.status);
}

/** Writes the databags. Logs once for all relations, because each line of Juju's log is a call of a hook tool. */
async function writeDatabags({ databags }: Decision, { tools, logger }: DecisionWriter): Promise<void> {
  const ids: Record<string, string> = {};
  for (const { relationId, changes } of databags) {
    if (Object.keys(changes).length === 0) continue;
    const relation = relationName(relationId);
    await tools.relationSet(relation, changes);
    ids[relation] = changes['id'] ?? 'unchanged';
  }
  if (Object.keys(ids).length > 0) logger.info('relation data written', { ids });
}

async function writeCredentials({ credentials }: Decision, { host, logger }: DecisionWriter): Promise<void> {
  if (credentials?.shouldWrite !== true) return;
  const { clouds, secrets } = credentials;
  await installCloudsYaml(clouds, host);
  await installHostSecrets(secrets, host); // after clouds.yaml, because this file holds the generation of both
  logger.info('credentials written', { generation: secrets.generation, clouds: Object.keys(clouds.clouds) });
}

async function writeDesired(
  { desired, shouldWriteDesired }: Decision,
  { host, logger }: DecisionWriter,
): Promise<void> {
  if (!shouldWriteDesired || desired === undefined) return;
  await writeFileAtomic(host.paths.desired, encodeDesiredState(desired), 0o600);
  logger.info('desired state written', { generation: desired.generation });
}
