import { describe, expect, test } from '@jest/globals';
import { readContext } from '../../src/juju/context.ts';
import { createHookTools } from '../../src/juju/create-hook-tools.ts';
import { readEvent } from '../../src/juju/event.ts';
import { createTask } from '../support/juju/model/actions.ts';
import { parseCharm } from '../support/juju/charm/charm-files.ts';
import { changeConfig } from '../support/juju/model/config-values.ts';
import {
  type HookContext,
  type JujuEvent,
  commit,
  drop,
  openContext,
} from '../support/juju/charm/hook-context.ts';
import { hookEnvironment } from '../support/juju/charm/hook-environment.ts';
import { type Model, createModel } from '../support/juju/model/model.ts';
import { addJoinedUnit, addRelation, addressesOf } from '../support/juju/model/relations.ts';
import { toolRunner } from '../support/juju/tools/run-tool.ts';
import {
  addSecret,
  grantSecret,
  removeSecret,
  revokeSecret,
  updateSecret,
} from '../support/juju/model/secrets.ts';

const CHARM = parseCharm({
  metadata: 'name: builder\nsummary: s\ndescription: d\nprovides: {image: {interface: i}}\n',
  config: 'options: {interval: {type: int, default: 6}, flavor: {type: string}, password: {type: secret}}\n',
  actions: 'run: {params: {base: {type: string, default: noble}}, additionalProperties: false}\n',
});
const PATHS = { charmDir: '/charm', toolsDir: '/tools', socket: '/socket' };
const UPDATE: JujuEvent = { kind: 'hook', name: 'update-status' };

function openModel(modelConfig: Readonly<Record<string, string>> = {}): Model {
  let time = 0;
  return createModel({ charm: CHARM, modelConfig, now: () => (time += 1) });
}

function openHook(model: Model, event: JujuEvent = UPDATE) {
  const context = openContext(model, event);
  const env = hookEnvironment(context, PATHS);
  return { context, env, tools: createHookTools(toolRunner(context), env) };
}

/** Adds a relation with units 10, 2 and 1 of a consumer, in that order. */
function relate(model: Model) {
  const relation = addRelation(model, 'image', 'runner');
  for (const number of [10, 2, 1]) addJoinedUnit(relation, `runner/${number}`, { auth_url: `u${number}` });
  return relation;
}

describe('hook tools on a model', () => {
  test('Context and event are read from the environment that Juju sets', () => {
    const { env } = openHook(openModel({ 'juju-http-proxy': 'http://proxy:3128' }));
    expect(readContext(env, '/')).toMatchObject({ unitName: 'builder/0', charmDir: '/charm' });
    expect(readContext(env, '/').proxies.http.reveal()).toBe('http://proxy:3128');
    expect(readEvent(env)).toEqual({ kind: 'hook', name: 'update-status' });
  });

  test('A relation-departed event names the departing unit of the model', () => {
    const model = openModel();
    const { id } = relate(model);
    const [remoteUnit, departingUnit] = ['runner/2', 'runner/2'];
    const { env } = openHook(model, {
      kind: 'relation',
      change: 'departed',
      relationId: id,
      remoteUnit,
      departingUnit,
    });
    expect(readEvent(env)).toEqual({
      kind: 'relation',
      endpoint: 'image',
      relationId: id,
      change: 'departed',
      unit: remoteUnit,
      departingUnit,
    });
  });

  test('The config contains options that are set and options with a default', async () => {
    const model = openModel();
    expect(await openHook(model).tools.configGet()).toEqual({ interval: 6 });
    changeConfig(model, { interval: 8, flavor: 'm1' });
    expect(await openHook(model).tools.configGet()).toEqual({ interval: 8, flavor: 'm1' });
  });

  test('Relations, their units and their databags are read from the model', async () => {
    const model = openModel();
    relate(model);
    const { tools } = openHook(model);
    expect(await tools.relationIds('image')).toEqual(['image:1']);
    expect(await tools.relationIds('none')).toEqual([]);
    expect(await tools.relationList('image:1')).toEqual(['runner/1', 'runner/2', 'runner/10']);
    expect(await tools.relationApplication('image:1')).toBe('runner');
    expect(await tools.relationGet('image:1', 'runner/2')).toMatchObject({ auth_url: 'u2' });
    expect(await tools.relationGet('image:1', 'runner/7')).toBeUndefined();
    expect(await tools.relationGet('image:9', 'runner/1')).toBeUndefined();
    expect(await tools.relationList('image:9')).toEqual([]);
  });

  test('A broken relation is not listed during its relation-broken hook', async () => {
    const model = openModel();
    const { id } = addRelation(model, 'image', 'runner');
    const { tools } = openHook(model, { kind: 'relation', change: 'broken', relationId: id });
    expect(await tools.relationIds('image')).toEqual([]);
  });

  test('Relation data is readable at once but reaches the model only when the hook succeeds', async () => {
    const model = openModel();
    const relation = relate(model);
    const first = openHook(model);
    await first.tools.relationSet('image:1', { id: 'x', tags: 'a,b', '-dash': '1' });
    expect(await first.tools.relationGet('image:1', 'builder/0')).toMatchObject({ id: 'x', tags: 'a,b' });
    expect(relation.ourUnit).toEqual(addressesOf(model.address));
    expect(commit(first.context)).toBeUndefined();
    expect(relation.ourUnit).toMatchObject({ id: 'x', '-dash': '1' });
    const second = openHook(model);
    await second.tools.relationSet('image:1', { id: '', '-dash': '', tags: 'c' });
    commit(second.context);
    expect(relation.ourUnit).toEqual({ ...addressesOf(model.address), tags: 'c' });
    const third = openHook(model);
    await third.tools.relationSet('image:1', { tags: 'd' });
    drop(third.context);
    expect(relation.ourUnit).toMatchObject({ tags: 'c' });
  });

  test('Status, version and log reach the model immediately', async () => {
    const model = openModel();
    const { tools } = openHook(model);
    await tools.statusSet({ name: 'blocked', message: '--set\nthis' });
    await tools.applicationVersionSet('0.1.0');
    await tools.log('WARNING', '-x');
    expect(model.status).toEqual({ status: 'blocked', message: '--set this' });
    expect(model.workloadVersion).toBe('0.1.0');
    expect(model.log).toMatchObject([{ level: 'WARNING', message: '-x' }]);
  });

  test('Hook tools fail after the hook has ended', async () => {
    const { context, tools } = openHook(openModel());
    commit(context);
    await expect(tools.configGet()).rejects.toMatchObject({ reason: 'no context' });
  });
});

describe('secrets on a model', () => {
  const passwordOf = async ({ tools }: { tools: ReturnType<typeof createHookTools> }, uri: string) => {
    const answer = await tools.secretGet(uri);
    return answer.state === 'read' ? answer.content.get('password')?.reveal() : answer.state;
  };

  test('A granted secret is always read at its newest revision', async () => {
    const model = openModel();
    const uri = addSecret(model, 'cloud', { password: 'one' });
    expect(await passwordOf(openHook(model), uri)).toBe('not granted');
    grantSecret(model, uri);
    expect(await passwordOf(openHook(model), uri)).toBe('one');
    updateSecret(model, uri, { password: 'two' });
    expect(await passwordOf(openHook(model), uri)).toBe('two');
    revokeSecret(model, uri);
    expect(await passwordOf(openHook(model), uri)).toBe('not granted');
    removeSecret(model, uri);
    expect(await passwordOf(openHook(model), uri)).toBe('not found');
  });

  test('The content of a secret is in no argv and no input of a hook tool', async () => {
    const model = openModel();
    const uri = addSecret(model, 'cloud', { password: 'MARKED' });
    grantSecret(model, uri);
    expect(await passwordOf(openHook(model), uri)).toBe('MARKED');
    expect(JSON.stringify(model.toolCalls)).not.toMatch('MARKED');
  });
});

describe('actions on a model', () => {
  function openRunAction(model: Model): ReturnType<typeof openHook> & { readonly context: HookContext } {
    return openHook(model, { kind: 'action', task: createTask(model, 'run', {}) });
  }

  test('An action is read as an event with its task, and action-get returns its parameters', async () => {
    const { env, tools } = openRunAction(openModel());
    expect(readEvent(env)).toEqual({ kind: 'action', name: 'run', taskId: '1' });
    expect(readContext(env, '/').actionName).toBe('run');
    expect(await tools.actionGet()).toEqual({ base: 'noble' });
  });

  test('An action returns results and fails with a message', async () => {
    const { context, tools } = openRunAction(openModel());
    await tools.actionSet({ 'build-ids': 'a,b', images: 'x=y' });
    await tools.actionFail('-no\nway');
    expect(context.results).toEqual({ 'build-ids': 'a,b', images: 'x=y' });
    expect(context.failure).toBe('-no way');
  });

  test('The action-fail tool fails outside an action', async () => {
    const { tools } = openHook(openModel());
    await expect(tools.actionFail('x')).rejects.toThrow(/not running an action/);
  });
});
