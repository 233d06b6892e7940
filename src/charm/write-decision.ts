import { installCloudsYaml, installHostSecrets } from '../builder/credentials.ts';
import type { Host } from '../builder/tools.ts';
import type { HookTools } from '../juju/hook-tools.ts';
import { encodeDesiredState } from '../model/unit/desired-state.ts';
import { oneLine } from '../juju/one-line.ts';
import { errorCodeOf } from '../system/error-code.ts';
import { readTextFile, writeFileAtomic } from '../system/files/text-file.ts';
import type { Logger } from '../system/log/logger.ts';
import type { Decision } from './decide.ts';
import { monitorName, relationName } from './observe.ts';

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
  await logProblems(decision, writer);
  await logJobEnds(decision, writer);
  await writeMonitors(decision, writer);
  await writePeers(decision, writer);
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

async function writePeers({ peers }: Decision, { tools, logger }: DecisionWriter): Promise<void> {
  if (peers === undefined) return;
  const { relation, app, unit } = peers;
  if (Object.keys(unit).length > 0) await tools.relationSet(relation, unit);
  if (Object.keys(app).length === 0) return;
  await tools.relationSetApp(relation, app);
  logger.info('pauses and pins written', { relation });
}

/** The limits of the log of one event: a consumer can send any number of problems of any length. */
const MAX_PROBLEMS = 100;
const MAX_PROBLEM_LENGTH = 1000;

/** Logs the problems that are new. The host remembers the last ones. */
async function logProblems(decision: Decision, { host, logger }: DecisionWriter): Promise<void> {
  const problems = decision.problems
    .slice(0, MAX_PROBLEMS)
    .map((problem) => oneLine(problem.slice(0, MAX_PROBLEM_LENGTH)));
  const text = problems.map((problem) => `${problem}\n`).join('');
  const before = (await readTextFile(host.paths.problems)) ?? '';
  if (text === before) return;
  const known = new Set(before.split('\n'));
  for (const problem of problems) if (!known.has(problem)) logger.warning(problem);
  await writeFileAtomic(host.paths.problems, text, 0o600).catch(ignoreMissingFolder);
}

/** The number of ends of jobs that one event logs; the next event logs more. Each line is a call of a hook tool. */
const MAX_ENDS = 20;

/**
 * Logs the ends of jobs that are new. The host remembers the logged ones for as long as the daemon reports them, so that an
 * event that is lost, repeated or fails later makes no difference.
 */
async function logJobEnds({ jobEnds }: Decision, { host, logger }: DecisionWriter): Promise<void> {
  const before = (await readTextFile(host.paths.loggedEnds)) ?? '';
  const known = new Set(before.split('\n'));
  const added = jobEnds.filter(({ key }) => !known.has(key)).slice(0, MAX_ENDS);
  if (added.length === 0) return;
  for (const { level, lines } of added) for (const line of lines) logger[level](line);
  const logged = jobEnds.filter((end) => known.has(end.key) || added.includes(end));
  const text = logged.map(({ key }) => `${key}\n`).join('');
  await writeFileAtomic(host.paths.loggedEnds, text, 0o600).catch(ignoreMissingFolder);
}

/** Before the host is set up there is no folder for the file, and problems are logged on each event. */
function ignoreMissingFolder(error: unknown): void {
  if (errorCodeOf(error) !== 'ENOENT') throw error;
}

async function writeMonitors({ monitors }: Decision, { tools, logger }: DecisionWriter): Promise<void> {
  for (const { relationId, changes } of monitors) {
    if (Object.keys(changes).length === 0) continue;
    await tools.relationSet(monitorName(relationId), changes);
    logger.info('relation data written for monitoring', { relation: monitorName(relationId) });
  }
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
