import { InputError } from '../model/errors.ts';
import type { Environment } from './context.ts';

/** The hooks that the charm knows, without those of relations. */
export const HOOK_NAMES = [
  'install',
  'upgrade-charm',
  'start',
  'config-changed',
  'secret-changed',
  'update-status',
  'leader-elected',
  'stop',
  'remove',
] as const;

type HookName = (typeof HOOK_NAMES)[number];

export const RELATION_CHANGES = ['created', 'joined', 'changed', 'departed', 'broken'] as const;

type RelationChange = (typeof RELATION_CHANGES)[number];

/** The charm's own events, dispatched through juju-exec: the schedule is due, or there are images to publish. */
export const OWN_EVENTS = ['run', 'built'] as const;

export type OwnEvent = (typeof OWN_EVENTS)[number];

/** The event that Juju or the daemon dispatches to the charm. */
export type CharmEvent =
  | { readonly kind: 'hook'; readonly name: HookName }
  | {
      readonly kind: 'relation';
      readonly endpoint: string;
      readonly relationId: number;
      readonly change: RelationChange;
      /** Absent for created, for broken, and for a change of the application's databag. */
      readonly unit?: string;
      /** Set for departed: the unit that leaves the relation, which may be this unit. */
      readonly departingUnit?: string;
    }
  | { readonly kind: 'own'; readonly name: OwnEvent }
  | { readonly kind: 'action'; readonly name: string; readonly taskId: string }
  /** A hook that this charm does not handle. */
  | { readonly kind: 'other'; readonly name: string };

/** Reads the event from the environment. Throws InputError when the environment contains none. */
export function readEvent(env: Environment): CharmEvent {
  const dispatched = env['JUJU_DISPATCH_PATH'] ?? '';
  const name = dispatched.slice(dispatched.lastIndexOf('/') + 1);
  if (dispatched.startsWith('actions/')) return readAction(name, env);
  if (name !== '') return readHook(name, env);
  const [action, hook] = [env['JUJU_ACTION_NAME'] ?? '', env['JUJU_HOOK_NAME'] ?? ''];
  if (action !== '') return readAction(action, env);
  if (hook !== '') return readHook(hook, env);
  throw new InputError(['JUJU_DISPATCH_PATH: expected hooks/<name> or actions/<name>, got nothing']);
}

function readAction(name: string, env: Environment): CharmEvent {
  const taskId = env['JUJU_ACTION_UUID'] ?? ''; // a task's decimal id, despite its name
  if (taskId === '')
    throw new InputError([`JUJU_ACTION_UUID: expected the task of action ${name}, got nothing`]);
  return { kind: 'action', name, taskId };
}

function readHook(name: string, env: Environment): CharmEvent {
  const [, endpoint, suffix] = /^(.+)-relation-([a-z]+)$/.exec(name) ?? [];
  const change = RELATION_CHANGES.find((each) => each === suffix);
  if (endpoint !== undefined && change !== undefined) return readRelation(endpoint, change, env);
  const own = OWN_EVENTS.find((each) => each === name);
  if (own !== undefined) return { kind: 'own', name: own };
  const hook = HOOK_NAMES.find((each) => each === name);
  return hook === undefined ? { kind: 'other', name } : { kind: 'hook', name: hook };
}

function readRelation(endpoint: string, change: RelationChange, env: Environment): CharmEvent {
  const id = env['JUJU_RELATION_ID'] ?? '';
  const [, digits] = /^(?:.*:)?(\d+)$/.exec(id) ?? [];
  if (digits === undefined) {
    const got = id === '' ? 'nothing' : id;
    throw new InputError([`JUJU_RELATION_ID: expected ${endpoint}:<number>, got ${got}`]);
  }
  const [unit, departingUnit] = [env['JUJU_REMOTE_UNIT'] ?? '', env['JUJU_DEPARTING_UNIT'] ?? ''];
  return {
    kind: 'relation',
    endpoint,
    relationId: Number(digits),
    change,
    ...(unit === '' ? {} : { unit }),
    ...(departingUnit === '' ? {} : { departingUnit }),
  };
}
