import { describe, expect, test } from '@jest/globals';
import { parseCharm } from '../support/juju/charm/charm-files.ts';
import { commit, drop, openContext } from '../support/juju/charm/hook-context.ts';
import { createTask } from '../support/juju/model/actions.ts';
import { type Model, createModel } from '../support/juju/model/model.ts';
import { addJoinedUnit, addRelation } from '../support/juju/model/relations.ts';
import { addSecret, grantSecret, updateSecret } from '../support/juju/model/secrets.ts';
import { secretGet } from '../support/juju/tools/secret-tools.ts';
import { stateGet } from '../support/juju/tools/state-tools.ts';
import { CONFIG, MANIFEST, METADATA } from './sample-charm.ts';

function modelOf(jujuVersion: string): Model {
  const actions = 'run: {}\nstrict: { additionalProperties: false }\n';
  const charm = parseCharm({ metadata: METADATA, config: CONFIG, actions, manifest: MANIFEST });
  return createModel({ charm, application: 'app', jujuVersion, now: () => 1000 });
}

const contextOf = (model: Model) => openContext(model, { kind: 'hook', name: 'config-changed' });

describe('the differences between Juju 3.6 and 4.0', () => {
  test('An unknown parameter of an action that says nothing about them is refused only by 4.0', () => {
    expect(createTask(modelOf('3.6.28'), 'run', { x: 1 }).status).toBe('pending');
    expect(() => createTask(modelOf('4.0.15'), 'run', { x: 1 })).toThrow(
      'additional property "x" is not allowed',
    );
    expect(() => createTask(modelOf('3.6.28'), 'strict', { x: 1 })).toThrow('is not allowed');
  });

  test.each([
    ['3.6.28', true],
    ['4.0.15', false],
  ])('Databags under Juju %s have a private-address: %s', (juju, expected) => {
    const relation = addRelation(modelOf(juju), 'image', 'consumer');
    addJoinedUnit(relation, 'consumer/0', {});
    const bags = [relation.ourUnit, relation.remoteUnits.get('consumer/0')?.data ?? {}];
    expect(bags.map((bag) => 'private-address' in bag)).toEqual([expected, expected]);
    expect(bags.every((bag) => 'ingress-address' in bag)).toBe(true);
  });

  test.each([
    ['3.6.28', 'new'],
    ['4.0.15', 'old'],
  ])('After a failed hook under Juju %s the secret that it refreshed is %s', (juju, expected) => {
    const model = modelOf(juju);
    const secret = addSecret(model, 'password', { password: 'old' });
    grantSecret(model, secret);
    const first = contextOf(model);
    expect(secretGet(first, [secret, 'password', '--label', 'mine'])).toBe('"old"\n');
    commit(first);
    updateSecret(model, secret, { password: 'new' });
    const failed = contextOf(model);
    expect(secretGet(failed, [secret, 'password', '--refresh'])).toBe('"new"\n');
    expect(secretGet(failed, [secret, 'password'])).toBe('"new"\n');
    drop(failed);
    expect(secretGet(contextOf(model), ['--label', 'mine', 'password'])).toBe(`"${expected}"\n`);
  });

  test.each([
    ['3.6.28', '{}\n'],
    ['4.0.15', 'null\n'],
  ])('The state of a new unit under Juju %s is %j', (juju, output) => {
    expect(stateGet(contextOf(modelOf(juju)), ['--format=json'])).toBe(output);
  });
});
