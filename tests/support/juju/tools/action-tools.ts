import type { HookContext } from '../charm/hook-context.ts';
import { isMapping } from '../model/json-schema.ts';
import type { ActionResults, ActionTask } from '../model/model.ts';
import { ToolRefusal, parseOptions, refuseSurplus } from './tool-options.ts';
import { FORMAT, render } from './tool-output.ts';

const KEY_PART = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

const RESERVED = ['stdout', 'stdout-encoding', 'stderr', 'stderr-encoding'];

/** Answers `action-get`. */
export function actionGet(context: HookContext, args: readonly string[]): string {
  const { params } = taskOf(context);
  const { values, operands } = parseOptions(args, FORMAT);
  const [key, ...surplus] = operands;
  refuseSurplus(surplus);
  const value = key === undefined ? params : readDotted(params, key);
  return render(value ?? null, values['format'] ?? 'smart');
}

function readDotted(params: unknown, key: string): unknown {
  return key
    .split('.')
    .reduce<unknown>((value, part) => (isMapping(value) ? value[part] : undefined), params);
}

/** Answers `action-set`. */
export function actionSet(context: HookContext, args: readonly string[]): string {
  taskOf(context);
  const { operands } = parseOptions(args, {});
  const pairs = operands.map(parsePair);
  for (const [path, value] of pairs) writeDotted(context.results, path, value);
  return '';
}

function parsePair(word: string): readonly [readonly string[], string] {
  const at = word.indexOf('=');
  if (at < 1) throw new ToolRefusal(2, `argument ${JSON.stringify(word)} must be of the form key...=value`);
  const key = word.slice(0, at);
  if (RESERVED.includes(key))
    throw new ToolRefusal(2, `cannot set reserved action key ${JSON.stringify(key)}`);
  const parts = key.split('.');
  if (parts.every((part) => KEY_PART.test(part))) return [parts, word.slice(at + 1)];
  const requirement =
    'must start and end with lowercase alphanumeric, and contain only lowercase alphanumeric, hyphens and periods';
  throw new ToolRefusal(2, `key ${JSON.stringify(key)} ${requirement}`);
}

function writeDotted(results: ActionResults, path: readonly string[], value: string): void {
  const [first = '', ...others] = path;
  if (others.length === 0) {
    results[first] = value;
    return;
  }
  const known = results[first];
  const child = typeof known === 'object' ? known : {};
  results[first] = child;
  writeDotted(child, others, value);
}

/** Answers `action-fail`. */
export function actionFail(context: HookContext, args: readonly string[]): string {
  taskOf(context);
  const { operands } = parseOptions(args, {});
  const [message = 'action failed without reason given, check action for errors', ...surplus] = operands;
  refuseSurplus(surplus);
  context.failure = message;
  return '';
}

/** Answers `action-log`. */
export function actionLog(context: HookContext, args: readonly string[]): string {
  const task = taskOf(context);
  const { operands } = parseOptions(args, {});
  if (operands.length === 0) throw new ToolRefusal(2, 'no message specified');
  task.progress.push(operands.join(' '));
  return '';
}

function taskOf({ event }: HookContext): ActionTask {
  if (event.kind !== 'action') throw new ToolRefusal(1, 'not running an action');
  return event.task;
}
