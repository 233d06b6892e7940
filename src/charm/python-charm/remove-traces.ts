import { lstat, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Host } from '../../builder/tools.ts';
import { isThere } from '../../builder/host/programs.ts';
import { anyString, fields } from '../../model/decode.ts';
import { messageOf } from '../../model/text/message-of.ts';
import { listFolder } from '../../system/files/folders.ts';
import { readTextFile } from '../../system/files/text-file.ts';
import { parseYaml } from '../../system/yaml.ts';
import type { Logger } from '../../system/log/logger.ts';
import { type TakeOver, readTakeOver, writeTakeOver } from './take-over-record.ts';
import { type SnapshotNames, type Trace, listTraces } from './traces.ts';

/** The attempts to remove the traces, one for each event. */
const MAX_ATTEMPTS = 5;

const CHARM = 'github-runner-image-builder';

/** A unit whose traces of the Python charm are removed. */
export interface TracedUnit {
  readonly host: Pick<Host, 'paths' | 'charmDir'>;
  readonly names: SnapshotNames;
  readonly logger: Logger;
}

/**
 * Removes what the Python charm left on the host of a unit that was taken over from it, once. Keeps what that charm would
 * miss after a refresh back. Never fails: a failure is logged, and repeated at the next events.
 */
export async function removeTraces(unit: TracedUnit): Promise<void> {
  await attempt(unit, async (record) => {
    if (record.isDone) return;
    const isKept = (trace: Trace): boolean => trace.isNeededBy2024 && !record.doesReinstall;
    await removeAndRecord(record, isKept, unit);
  });
}

/** Removes everything that the Python charm left, when the unit itself is removed. Never fails. */
export async function removeAllTraces(unit: TracedUnit): Promise<void> {
  await attempt(unit, (record) => removeAndRecord(record, () => false, unit));
}

async function attempt(
  { host, logger }: TracedUnit,
  remove: (record: TakeOver) => Promise<void>,
): Promise<void> {
  try {
    const record = await readTakeOver(host.paths);
    if (record === undefined) return;
    const other = await findPythonUnit(host.charmDir);
    if (other === undefined) return await remove(record);
    logger.debug('traces of the Python charm are kept, because another unit uses them', { unit: other });
  } catch (error) {
    logger.warning('traces of the Python charm were not removed', { reason: messageOf(error) });
  }
}

async function removeAndRecord(
  record: TakeOver,
  isKept: (trace: Trace) => boolean,
  { host, names, logger }: TracedUnit,
): Promise<void> {
  const present = await filterPresent(listTraces(host.paths.root, names));
  const failed: Trace[] = [];
  for (const trace of present.filter((each) => !isKept(each)))
    if (!(await remove(trace, logger))) failed.push(trace);
  const failures = record.failures + (failed.length > 0 ? 1 : 0);
  const isDone = failed.length === 0 || failures >= MAX_ATTEMPTS;
  await writeTakeOver({ ...record, failures, isDone }, host.paths);
  if (!isDone) return;
  const pathsOf = (traces: readonly Trace[]): readonly string[] => traces.map(({ path }) => path);
  const kept = pathsOf(present.filter(isKept));
  if (kept.length > 0) logger.info('kept for a refresh back to the Python charm', { paths: kept });
  if (failed.length > 0)
    logger.warning('remove these traces of the Python charm by hand', { paths: pathsOf(failed) });
  const imageIds = [...new Set(record.published.flatMap((relation) => relation.imageIds))];
  if (imageIds.length > 0) logger.info('images of the Python charm are deleted in an hour', { imageIds });
}

async function remove({ path, content }: Trace, logger: Logger): Promise<boolean> {
  try {
    await rm(path, { recursive: true, force: true });
    logger.info('removed a trace of the Python charm', { trace: content, path });
    return true;
  } catch (error) {
    logger.warning('a trace of the Python charm was not removed', { path, reason: messageOf(error) });
    return false;
  }
}

async function filterPresent(traces: readonly Trace[]): Promise<readonly Trace[]> {
  const present: Trace[] = [];
  for (const trace of traces) {
    const isPresent = await lstat(trace.path).then(
      () => true, // also a link without a target
      () => false,
    );
    if (isPresent) present.push(trace);
  }
  return present;
}

/** Returns the agent's folder of another unit of the Python charm on this machine, which uses the same files. */
async function findPythonUnit(charmDir: string): Promise<string | undefined> {
  const own = dirname(charmDir);
  const agents = dirname(own);
  for (const name of await listFolder(agents)) {
    const charm = join(agents, name, 'charm');
    if (join(agents, name) !== own && (await isPythonCharm(charm))) return name;
  }
  return undefined;
}

async function isPythonCharm(charm: string): Promise<boolean> {
  if (await isThere(join(charm, 'program-digest'))) return false; // a unit of this charm
  try {
    const text = (await readTextFile(join(charm, 'metadata.yaml'))) ?? '';
    return fields({ name: anyString })(parseYaml(text), 'metadata.yaml', [])?.name === CHARM;
  } catch {
    return false; // the charm of somebody else
  }
}
