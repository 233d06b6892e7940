import { describe, expect, test } from '@jest/globals';
import { HOOK_NAMES, OWN_EVENTS, RELATION_CHANGES, readEvent } from '../../src/juju/event.ts';
import { InputError } from '../../src/model/errors.ts';
import { HOOK_ENVIRONMENT, NO_HOOK } from './hook-environment.ts';

const dispatch = (path: string, more: Readonly<Record<string, string>> = {}) =>
  readEvent({ ...HOOK_ENVIRONMENT, ...NO_HOOK, JUJU_DISPATCH_PATH: path, ...more });

const relation = { JUJU_RELATION: 'image', JUJU_RELATION_ID: 'image:7', JUJU_REMOTE_APP: 'runner' };

describe('an event', () => {
  test.each(HOOK_NAMES)('is the hook %s', (name) => {
    expect(dispatch(`hooks/${name}`)).toEqual({ kind: 'hook', name });
  });

  test.each(RELATION_CHANGES)('is a relation that is %s', (change) => {
    const env = { ...relation, JUJU_REMOTE_UNIT: 'runner/3' };
    expect(dispatch(`hooks/image-relation-${change}`, env)).toEqual({
      kind: 'relation',
      endpoint: 'image',
      relationId: 7,
      change,
      unit: 'runner/3',
    });
  });

  test('of a relation as such has no unit', () => {
    const event = dispatch('hooks/image-relation-broken', { ...relation, JUJU_REMOTE_UNIT: '' });
    expect(event).toEqual({ kind: 'relation', endpoint: 'image', relationId: 7, change: 'broken' });
  });

  test('tells who departs, which may be ourselves', () => {
    const env = { ...relation, JUJU_REMOTE_UNIT: 'runner/3', JUJU_DEPARTING_UNIT: 'builder/0' };
    expect(dispatch('hooks/image-relation-departed', env)).toMatchObject({
      unit: 'runner/3',
      departingUnit: 'builder/0',
    });
  });

  test('knows endpoints with dashes, and ids without an endpoint', () => {
    const event = dispatch('hooks/a-relation-b-relation-joined', { JUJU_RELATION_ID: '12' });
    expect(event).toMatchObject({ endpoint: 'a-relation-b', relationId: 12, change: 'joined' });
  });

  test.each(OWN_EVENTS)('of our own, %s, comes through juju-exec', (name) => {
    expect(dispatch(`hooks/${name}`)).toEqual({ kind: 'own', name });
    expect(dispatch(name)).toEqual({ kind: 'own', name });
  });

  test('run of our own is another than the action run', () => {
    const action = { JUJU_ACTION_NAME: 'run', JUJU_ACTION_UUID: '42', JUJU_ACTION_TAG: 'action-42' };
    expect(dispatch('actions/run', action)).toEqual({ kind: 'action', name: 'run', taskId: '42' });
  });

  test('of an action that we do not know is still one, to be failed', () => {
    const event = dispatch('actions/no-such', { JUJU_ACTION_UUID: '1' });
    expect(event).toEqual({ kind: 'action', name: 'no-such', taskId: '1' });
  });

  test.each(['collect-metrics', 'data-storage-attached', 'image-relation-cured'])(
    'that a later Juju may send, %s, is another one and no failure',
    (name) => {
      expect(dispatch(`hooks/${name}`)).toEqual({ kind: 'other', name });
    },
  );

  test('without a dispatch path is told by the name of hook or action', () => {
    const env = { ...HOOK_ENVIRONMENT, JUJU_DISPATCH_PATH: undefined };
    expect(readEvent(env)).toEqual({ kind: 'hook', name: 'config-changed' });
    const action = { ...env, JUJU_HOOK_NAME: '', JUJU_ACTION_NAME: 'run', JUJU_ACTION_UUID: '5' };
    expect(readEvent(action)).toEqual({ kind: 'action', name: 'run', taskId: '5' });
  });

  test.each([
    ['no name', {}, /JUJU_DISPATCH_PATH: expected/],
    ['an action without a task', { JUJU_DISPATCH_PATH: 'actions/run' }, /JUJU_ACTION_UUID: expected/],
    ['a relation without id', { JUJU_DISPATCH_PATH: 'hooks/image-relation-created' }, /JUJU_RELATION_ID/],
    [
      'a relation whose id is no number',
      { JUJU_DISPATCH_PATH: 'hooks/image-relation-created', JUJU_RELATION_ID: 'image:x' },
      /expected image:<number>, got image:x/,
    ],
  ])('with %s is refused', (_, env, message) => {
    const read = () => readEvent(env);
    expect(read).toThrow(InputError);
    expect(read).toThrow(message);
  });
});
