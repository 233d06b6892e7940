import { type Dirent, readFileSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCodeOf } from '../../../../src/system/error-code.ts';
import { listProcessesOf } from './host-processes.ts';
import type { Model } from '../model/model.ts';

type Texts = readonly string[];

/** Lists every file below `folder`. Links are listed but not followed. */
export async function listFiles(folder: string): Promise<readonly string[]> {
  const entries = await listEntries(folder);
  return entries.filter((each) => !each.isDirectory()).map((each) => join(each.parentPath, each.name));
}

/** Lists all entries below `folder`. A folder may be deleted while it is read, since jobs end at any time. */
async function listEntries(folder: string): Promise<readonly Dirent[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (errorCodeOf(error) === 'ENOENT') return [];
    throw error;
  });
  const folders = entries.filter((each) => each.isDirectory());
  const inner = await Promise.all(folders.map(({ name }) => listEntries(join(folder, name))));
  return [...entries, ...inner.flat()];
}

/** Lists the files below `folder` that contain one of the texts. */
export async function findInFiles(folder: string, texts: Texts): Promise<readonly string[]> {
  const entries = await listEntries(folder);
  const found: string[] = [];
  for (const entry of entries.filter((each) => each.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const content = await readFile(path).catch(() => undefined); // the file may have been deleted since readdir
    if (content !== undefined && texts.some((text) => content.includes(text))) found.push(path);
  }
  return found;
}

/** Lists the processes whose command line or environment contains one of the texts. */
export function findInProcesses(folders: Texts, texts: Texts): readonly string[] {
  const paths = listProcessesOf(folders).flatMap((pid) => [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`]);
  return paths.filter((path) => {
    const content = readOrNothing(path);
    return texts.some((text) => content.includes(text));
  });
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Lists the parts of the model that contain one of the texts: hook tool calls, logs, statuses, databags, actions. */
export function findInModel(model: Model, texts: Texts): readonly string[] {
  const sources: readonly (readonly [string, unknown])[] = [
    ...model.toolCalls.map(({ tool, args, stdin }) => [`${model.unit}: ${tool}`, [args, stdin]] as const),
    ...model.log.map(({ logger, message }) => [`${model.unit}: log of ${logger}`, message] as const),
    ...model.statusHistory.map(
      ({ status, message }) => [`${model.unit}: status ${status}`, message] as const,
    ),
    ...model.relations.map(({ id, ourUnit, ourApp }) => [`relation ${id}`, [ourUnit, ourApp]] as const),
    ...model.tasks.map((task) => [`action ${task.id}`, task] as const),
    [`${model.unit}: state`, [...model.state]],
  ];
  const needles = texts.map((text) => JSON.stringify(text).slice(1, -1));
  return sources
    .filter(([, value]) => needles.some((text) => JSON.stringify(value).includes(text)))
    .map(([at]) => at);
}
