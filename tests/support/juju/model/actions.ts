import { OperatorError } from './config-values.ts';
import { type HookContext, commit, drop } from '../charm/hook-context.ts';
import { findViolations, withDefaults } from './json-schema.ts';
import type { ActionTask, Model } from './model.ts';
import { profileOf } from './profile.ts';

/** The exit of the charm's process. */
export interface ProcessOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Adds a pending task, as `juju run` does. Throws OperatorError when the parameters violate the schema. */
export function createTask(
  model: Model,
  name: string,
  params: Readonly<Record<string, unknown>> = {},
): ActionTask {
  const spec = model.charm.actions.get(name);
  if (spec === undefined) throw new OperatorError(`action "${name}" not defined on unit "${model.unit}"`);
  const { additionalProperties = profileOf(model).acceptsUnknownParameters } = spec.params;
  const violations = findViolations({ ...spec.params, additionalProperties }, params);
  if (violations.length > 0) throw new OperatorError(`validation failed: ${violations.join('; ')}`);
  model.last.task += 1;
  const task: ActionTask = {
    id: String(model.last.task),
    ...{ name, params: withDefaults(spec.params, params), status: 'pending', message: '' },
    ...{ results: {}, stdout: '', stderr: '', returnCode: undefined, progress: [] },
  };
  model.tasks.push(task);
  return task;
}

/** Records the result of an action in its task, and commits or drops its writes. */
export function finishAction(context: HookContext, { code, stdout, stderr }: ProcessOutcome): ActionTask {
  const { event, failure, results } = context;
  if (event.kind !== 'action') throw new Error(`${context.name} is not an action`);
  const { task } = event;
  Object.assign(task, { stdout, stderr, returnCode: code, results });
  if (code !== 0) {
    drop(context);
    return Object.assign(task, { status: 'failed', message: `exit status ${code}` });
  }
  const problem = commit(context);
  if (problem !== undefined) {
    const message = failure ?? 'committing requested changes failed';
    return Object.assign(task, { status: 'failed', message, stderr: `${stderr}${problem}` });
  }
  if (failure !== undefined) return Object.assign(task, { status: 'failed', message: failure });
  return Object.assign(task, { status: 'completed' });
}
