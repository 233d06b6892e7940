import { InputError } from '../model/errors.ts';
import type { Environment } from './context.ts';

/** The hooks that the charm knows, besides those of relations. */
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

/** Events of our own, entered through juju-exec: the schedule's tick, and news to publish. */
export const OWN_EVENTS = ['run', 'built'] as const;

export type OwnEvent = (typeof OWN_EVENTS)[number];

/** What Juju, or the daemon, has the charm do. */
export type CharmEvent =
  | { readonly kind: 'hook'; readonly name: HookName }
  | {
      readonly kind: 'relation';
      readonly endpoint: string;
      readonly relationId: number;
      readonly change: RelationChange;
      /** Absent in created, broken, and a change of the application's databag. */
      readonly unit?: string;
      /** In departed: who really goes, which may be ourselves. */
      readonly departingUnit?: string;
    }
  | { readonly kind: 'own'; readonly name: OwnEvent }
  | { readonly kind: 'action'; readonly name: string; readonly taskId: string }
  /** A hook that this charm does not know. */
  | { readonly kind: 'other'; readonly name: string };

/** Reads which event the environment is of. Throws InputError when it tells of none. */
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
  const [, endpoint, word] = /^(.+)-relation-([a-z]+)$/.exec(name) ?? [];
  const change = RELATION_CHANGES.find((one) => one === word);
  if (endpoint !== undefined && change !== undefined) return readRelation(endpoint, change, env);
  const own = OWN_EVENTS.find((one) => one === name);
  if (own !== undefined) return { kind: 'own', name: own };
  const hook = HOOK_NAMES.find((one) => one === name);
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
