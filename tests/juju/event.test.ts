import { describe, expect, test } from '@jest/globals';
import { HOOK_NAMES, OWN_EVENTS, RELATION_CHANGES, readEvent } from '../../src/juju/event.ts';
import { InputError } from '../../src/model/errors.ts';
import { HOOK_ENVIRONMENT, NO_HOOK } from './hook-environment.ts';

const dispatch = (path: string, more: Readonly<Record<string, string>> = {}) =>
  readEvent({ ...HOOK_ENVIRONMENT, ...NO_HOOK, JUJU_DISPATCH_PATH: path, ...more });

const relation = { JUJU_RELATION: 'image', JUJU_RELATION_ID: 'image:7', JUJU_REMOTE_APP: 'runner' };

describe('readEvent', () => {
  test.each(HOOK_NAMES)('The hook %s is read as an event of kind hook', (name) => {
    expect(dispatch(`hooks/${name}`)).toEqual({ kind: 'hook', name });
  });

  test.each(RELATION_CHANGES)('The hook image-relation-%s is read as an event of kind relation', (change) => {
    const env = { ...relation, JUJU_REMOTE_UNIT: 'runner/3' };
    expect(dispatch(`hooks/image-relation-${change}`, env)).toEqual({
      kind: 'relation',
      endpoint: 'image',
      relationId: 7,
      change,
      unit: 'runner/3',
    });
  });

  test('An event of the whole relation has no unit', () => {
    const event = dispatch('hooks/image-relation-broken', { ...relation, JUJU_REMOTE_UNIT: '' });
    expect(event).toEqual({ kind: 'relation', endpoint: 'image', relationId: 7, change: 'broken' });
  });

  test('A relation-departed event names the departing unit, which may be this unit', () => {
    const env = { ...relation, JUJU_REMOTE_UNIT: 'runner/3', JUJU_DEPARTING_UNIT: 'builder/0' };
    expect(dispatch('hooks/image-relation-departed', env)).toMatchObject({
      unit: 'runner/3',
      departingUnit: 'builder/0',
    });
  });

  test('Endpoint names with dashes and relation ids without an endpoint are accepted', () => {
    const event = dispatch('hooks/a-relation-b-relation-joined', { JUJU_RELATION_ID: '12' });
    expect(event).toMatchObject({ endpoint: 'a-relation-b', relationId: 12, change: 'joined' });
  });

  test.each(OWN_EVENTS)(
    'The event %s, dispatched through juju-exec, is read as an event of the charm itself',
    (name) => {
      expect(dispatch(`hooks/${name}`)).toEqual({ kind: 'own', name });
      expect(dispatch(name)).toEqual({ kind: 'own', name });
    },
  );

  test('The action run is not confused with the event run of the charm itself', () => {
    const action = { JUJU_ACTION_NAME: 'run', JUJU_ACTION_UUID: '42', JUJU_ACTION_TAG: 'action-42' };
    expect(dispatch('actions/run', action)).toEqual({ kind: 'action', name: 'run', taskId: '42' });
  });

  test('An unknown action is read as an action, so that it can be failed', () => {
    const event = dispatch('actions/no-such', { JUJU_ACTION_UUID: '1' });
    expect(event).toEqual({ kind: 'action', name: 'no-such', taskId: '1' });
  });

  test.each(['collect-metrics', 'data-storage-attached', 'image-relation-cured'])(
    'The unknown hook %s of a later Juju is read as kind other and does not fail',
    (name) => {
      expect(dispatch(`hooks/${name}`)).toEqual({ kind: 'other', name });
    },
  );

  test('An event without a dispatch path is read from the name of the hook or action', () => {
    const env = { ...HOOK_ENVIRONMENT, JUJU_DISPATCH_PATH: undefined };
    expect(readEvent(env)).toEqual({ kind: 'hook', name: 'config-changed' });
    const action = { ...env, JUJU_HOOK_NAME: '', JUJU_ACTION_NAME: 'run', JUJU_ACTION_UUID: '5' };
    expect(readEvent(action)).toEqual({ kind: 'action', name: 'run', taskId: '5' });
  });

  test.each([
    ['no hook or action name', {}, /JUJU_DISPATCH_PATH: expected/],
    ['an action without a task', { JUJU_DISPATCH_PATH: 'actions/run' }, /JUJU_ACTION_UUID: expected/],
    ['a relation without an id', { JUJU_DISPATCH_PATH: 'hooks/image-relation-created' }, /JUJU_RELATION_ID/],
    [
      'a relation id that is not a number',
      { JUJU_DISPATCH_PATH: 'hooks/image-relation-created', JUJU_RELATION_ID: 'image:x' },
      /expected image:<number>, got image:x/,
    ],
  ])('An environment with %s is refused', (_, env, message) => {
    const read = () => readEvent(env);
    expect(read).toThrow(InputError);
    expect(read).toThrow(message);
  });
});
