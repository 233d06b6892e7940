import { describe, expect, test } from '@jest/globals';
import { readContext } from '../../src/juju/context.ts';
import { createHookTools } from '../../src/juju/create-hook-tools.ts';
import { changeConfig } from '../support/juju/model/config-values.ts';
import { commit, drop, openContext } from '../support/juju/charm/hook-context.ts';
import { hookEnvironment } from '../support/juju/charm/hook-environment.ts';
import { addJoinedUnit, addRelation } from '../support/juju/model/relations.ts';
import { toolRunner } from '../support/juju/tools/run-tool.ts';
import { call } from './call-tool.ts';
import { sampleModel } from './sample-charm.ts';

const UPDATE_STATUS = { kind: 'hook', name: 'update-status' } as const;

describe('options', () => {
  test.each([
    [['--format=json', 'text'], '"hello"\n'],
    [['text', '--format', 'json'], '"hello"\n'],
    [['text'], 'hello\n'],
    [['count', '--format=yaml'], '3\n'],
    [['wanted'], 'False\n'],
    [['unset'], ''],
    [['unset', '--format=json'], 'null\n'],
    [['no-such', '--format=json'], 'null\n'],
    [['--', '--format'], ''],
    [['--formt=json'], '2 ERROR option provided but not defined: --formt'],
    [['--format'], '2 ERROR option needs an argument: --format'],
    [['--format=xml'], '2 ERROR invalid value "xml" for option --format: unknown format "xml"'],
    [['text', 'count'], '2 ERROR unrecognized args: ["count"]'],
    [['--all', 'text'], '2 ERROR cannot use argument --all together with key "text"'],
  ])('The call config-get %j prints %j', (args, expected) => {
    expect(call(openContext(sampleModel(), UPDATE_STATUS), 'config-get', ...args)).toBe(expected);
  });

  test('An invalid status is refused with code 2, and text after -- may begin with a dash', () => {
    const model = sampleModel();
    const context = openContext(model, UPDATE_STATUS);
    expect(call(context, 'status-set', 'error', '--', 'x')).toBe(
      '2 ERROR invalid status "error", expected one of [maintenance blocked waiting active]',
    );
    expect(call(context, 'status-set', 'blocked', '--', '-x')).toBe('');
    expect(model.status).toEqual({ status: 'blocked', message: '-x' });
  });

  test('An unknown hook tool is refused', () => {
    const context = openContext(sampleModel(), UPDATE_STATUS);
    expect(call(context, 'leader-get')).toBe('1 ERROR bad request: unknown command: leader-get');
  });
});

describe('a hook context', () => {
  test('A hook context keeps the typed config that it read first', () => {
    const model = sampleModel();
    const context = openContext(model, UPDATE_STATUS);
    const before = call(context, 'config-get', '--format=json');
    changeConfig(model, { count: 7, ratio: '0.5', text: undefined });
    expect(JSON.parse(before)).toEqual({ text: 'hello', count: 3, wanted: false });
    expect(call(context, 'config-get', '--format=json')).toBe(before);
    expect(JSON.parse(call(openContext(model, UPDATE_STATUS), 'config-get', '--format=json'))).toMatchObject({
      count: 7,
      ratio: 0.5,
    });
  });

  test('A hook context reads its own writes, which reach the model only at its commit', () => {
    const model = sampleModel();
    const relation = addRelation(model, 'image', 'consumer');
    relation.created = true;
    const context = openContext(model, UPDATE_STATUS);
    expect(call(context, 'relation-set', '-r', 'image:1', 'id=<a>', 'private-address=')).toBe('');
    const read = call(context, 'relation-get', '--format=json', '-r', '1', '-', 'app/0');
    expect(read).toBe(
      '{"egress-subnets":"10.0.0.4/32","id":"\\u003ca\\u003e","ingress-address":"10.0.0.4"}\n',
    );
    expect(relation.ourUnit).toMatchObject({ 'private-address': '10.0.0.4' });
    expect(commit(context)).toBeUndefined();
    expect(relation.ourUnit).toEqual({
      'egress-subnets': '10.0.0.4/32',
      'ingress-address': '10.0.0.4',
      id: '<a>',
    });
  });

  test('A commit is refused when small writes have filled a databag', () => {
    const model = sampleModel();
    addRelation(model, 'image', 'consumer').created = true;
    const half = 'x'.repeat(9 * 1024 * 1024);
    const write = (key: string) => {
      const context = openContext(model, UPDATE_STATUS);
      expect(call(context, 'relation-set', '-r', 'image:1', `${key}=${half}`)).toBe('');
      return commit(context);
    };
    expect(write('a')).toBeUndefined();
    expect(write('b')).toBe('max allowed size (16777216) exceeded');
  });

  test('A dropped hook context loses its writes but keeps its status and log', () => {
    const model = sampleModel();
    const context = openContext(model, UPDATE_STATUS);
    call(context, 'state-set', 'seen=yes');
    call(context, 'status-set', 'active');
    call(context, 'juju-log', '-l', 'WARNING', '--', '--all', 'is', 'well');
    drop(context);
    expect(model.state.size).toBe(0);
    expect(model.status.status).toBe('active');
    expect(model.log).toEqual([
      { at: 1000, level: 'WARNING', logger: 'unit.app/0.juju-log', message: '--all is well' },
    ]);
    expect(call(context, 'is-leader')).toMatch(/^1 ERROR bad request: wrong context ID/);
  });

  test('A hook context keeps the remote databag that it read first', () => {
    const model = sampleModel();
    const unit = addJoinedUnit(addRelation(model, 'image', 'consumer'), 'consumer/0', { token: 'one' });
    const context = openContext(model, UPDATE_STATUS);
    expect(call(context, 'relation-get', '-r', '1', 'token', 'consumer/0')).toBe('one\n');
    unit.data = { token: 'two' };
    expect(call(context, 'relation-get', '-r', '1', 'token', 'consumer/0')).toBe('one\n');
  });
});

test('The hook tools of the charm work on a hook context without processes', async () => {
  const model = sampleModel();
  addJoinedUnit(addRelation(model, 'image', 'consumer'), 'consumer/0', { token: 'one' });
  const context = openContext(model, {
    kind: 'relation',
    change: 'changed',
    relationId: 1,
    remoteUnit: 'consumer/0',
  });
  const env = hookEnvironment(context, { charmDir: '/charm', toolsDir: '/tools', socket: '/s' });
  const tools = createHookTools(toolRunner(context), env);
  await tools.relationSet('image:1', { id: 'ä "x"', empty: '' });
  await tools.statusSet({ name: 'active', message: '' });
  expect(await tools.relationIds('image')).toEqual(['image:1']);
  expect(await tools.relationGet('image:1', 'consumer/0')).toMatchObject({ token: 'one' });
  expect(await tools.relationGet('image:1', 'consumer/1')).toBeUndefined();
  expect(readContext(env, '/charm').unitName).toBe('app/0');
  commit(context);
  expect(model.relations[0]?.ourUnit).toMatchObject({ id: 'ä "x"' });
});
