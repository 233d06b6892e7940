import { describe, expect, test } from '@jest/globals';
import { parseCharm } from '../support/juju/charm/charm-files.ts';
import { commit, openContext } from '../support/juju/charm/hook-context.ts';
import { applyRefresh, checkRefresh } from '../support/juju/charm/refresh-rules.ts';
import { type Model, createModel } from '../support/juju/model/model.ts';
import { findRelationOperation } from '../support/juju/model/relation-operations.ts';
import { newAgentState } from '../support/juju/model/operations.ts';
import {
  addJoinedUnit,
  addRelation,
  enterScope,
  leaveScope,
  writeRemoteApp,
} from '../support/juju/model/relations.ts';
import { call } from './call-tool.ts';
import { CONFIG, MANIFEST, METADATA } from './sample-charm.ts';

const WITHOUT_PEERS = parseCharm({ metadata: METADATA, config: CONFIG, manifest: MANIFEST });
const WITH_PEERS = parseCharm({
  metadata: `${METADATA}peers: { peers: { interface: sample_peers } }\n`,
  config: CONFIG,
  manifest: MANIFEST,
});

const JUJUS = [['3.6.28'], ['4.0.15']] as const;

function modelOf(jujuVersion: string, charm = WITH_PEERS): Model {
  const model = createModel({ charm, application: 'app', jujuVersion, now: () => 1000 });
  for (const relation of model.relations) relation.created = true;
  return model;
}

const contextOf = (model: Model) => openContext(model, { kind: 'hook', name: 'config-changed' });

function firstOf(model: Model): Model['relations'][number] {
  const [relation] = model.relations;
  if (relation === undefined) throw new Error('the model has no relation');
  return relation;
}

/** Lists the relation hooks that Juju runs until nothing is left to do, each with its remote unit. */
function listHooks(model: Model): readonly string[] {
  const state = newAgentState();
  const hooks: string[] = [];
  for (;;) {
    const operation = findRelationOperation(model, state);
    if (operation?.event.kind !== 'relation') return hooks;
    hooks.push(`${operation.event.change} ${operation.event.remoteUnit ?? ''}`.trim());
    operation.begin?.();
    operation.done?.();
  }
}

describe('a peer relation', () => {
  test.each(JUJUS)(
    'Juju %s creates a peer relation with the application, before any other relation',
    (juju) => {
      const model = modelOf(juju);
      expect(addRelation(model, 'image', 'consumer').id).toBe(1);
      expect(call(contextOf(model), 'relation-ids', 'peers', '--format=json')).toBe('["peers:0"]\n');
      expect(call(contextOf(model), 'relation-list', '-r', 'peers:0', '--app')).toBe('app\n');
      expect(() => addRelation(model, 'peers', 'other')).toThrow('is for peers only');
    },
  );

  test.each(JUJUS)(
    'Only the leader writes the application databag of a peer relation, and every unit reads it under Juju %s',
    (juju) => {
      const model = modelOf(juju);
      const leading = contextOf(model);
      expect(call(leading, 'relation-set', '-r', 'peers:0', '--app', 'a=1')).toBe('');
      expect(call(leading, 'relation-get', '-r', 'peers:0', '--app', 'a', 'app')).toBe('1\n');
      expect(commit(leading)).toBeUndefined();
      model.leader = false;
      const other = contextOf(model);
      expect(call(other, 'relation-get', '-r', 'peers:0', '--app', 'a', 'app')).toBe('1\n');
      expect(call(other, 'relation-set', '-r', 'peers:0', '--app', 'a=2')).toBe(
        '1 ERROR cannot write relation settings',
      );
      addRelation(model, 'image', 'consumer').created = true;
      expect(call(contextOf(model), 'relation-get', '-r', 'image:1', '--app', 'a', 'app')).toBe(
        '1 ERROR permission denied',
      );
    },
  );

  test.each(JUJUS)(
    'A change by the leader runs relation-changed of the peer relation on the other units under Juju %s',
    (juju) => {
      const model = modelOf(juju);
      model.leader = false;
      const relation = firstOf(model);
      expect(listHooks(model)).toEqual([]);
      writeRemoteApp(relation, { a: '1' });
      writeRemoteApp(relation, { a: '1' });
      enterScope(relation, 'app/1');
      expect(listHooks(model)).toEqual(['changed', 'joined app/1', 'changed app/1']);
      leaveScope(relation, 'app/1');
      expect(listHooks(model)).toEqual(['departed app/1']);
      expect(relation.ourApp).toEqual({ a: '1' });
    },
  );

  test.each(JUJUS)(
    'A unit that is removed leaves its peer relation without relation-broken under Juju %s',
    (juju) => {
      const model = modelOf(juju);
      addJoinedUnit(firstOf(model), 'app/1');
      firstOf(model).breaking = true;
      expect(listHooks(model)).toEqual(['departed app/1']);
      expect(model.relations).toEqual([]);
    },
  );

  test.each(JUJUS)('A refresh under Juju %s adds a new peer relation', (juju) => {
    const model = modelOf(juju, WITHOUT_PEERS);
    addRelation(model, 'image', 'consumer');
    checkRefresh(model, WITH_PEERS);
    applyRefresh(model, WITH_PEERS);
    expect(model.relations.map(({ endpoint, id }) => `${endpoint}:${id}`)).toEqual(['image:1', 'peers:2']);
    applyRefresh(model, WITH_PEERS);
    expect(model.relations).toHaveLength(2);
  });

  test('A refresh under Juju 3.6 to a charm without the peer relation drops it, unless there are other units', () => {
    const model = modelOf('3.6.28');
    checkRefresh(model, WITHOUT_PEERS);
    addJoinedUnit(firstOf(model), 'app/1');
    expect(() => checkRefresh(model, WITHOUT_PEERS)).toThrow('would break relation "app:peers"');
    leaveScope(firstOf(model), 'app/1');
    applyRefresh(model, WITHOUT_PEERS);
    expect(model.relations).toEqual([]);
  });

  test('A refresh under Juju 4.0 to a charm without the peer relation is refused', () => {
    expect(() => checkRefresh(modelOf('4.0.15'), WITHOUT_PEERS)).toThrow(
      'charm has no corresponding peer relation "peers"',
    );
  });
});
