import { readFileSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { listProcessesOf } from './host-processes.ts';
import type { Model } from '../model/model.ts';

type Texts = readonly string[];

/** Every file below `folder`; links are told, not followed. */
export async function listFiles(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((each) => !each.isDirectory()).map((each) => join(each.parentPath, each.name));
}

/** The files below `folder` in which one of the texts is. */
export async function findInFiles(folder: string, texts: Texts): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries.filter((each) => each.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const content = await readFile(path).catch(() => undefined); // it may have gone meanwhile
    if (content !== undefined && texts.some((text) => content.includes(text))) found.push(path);
  }
  return found;
}

/** The processes whose command line or environment tells one of the texts. */
export function findInProcesses(folders: Texts, texts: Texts): readonly string[] {
  const places = listProcessesOf(folders).flatMap((pid) => [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`]);
  return places.filter((path) => {
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

/** What Juju was told one of the texts by: arguments and input of hook tools, logs, statuses, databags, actions. */
export function findInModel(model: Model, texts: Texts): readonly string[] {
  const told: readonly (readonly [string, unknown])[] = [
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
  return told
    .filter(([, value]) => needles.some((text) => JSON.stringify(value).includes(text)))
    .map(([at]) => at);
}
