import { describe, expect, test } from '@jest/globals';
import { createHookTools } from '../../src/juju/create-hook-tools.ts';
import type { HookTools } from '../../src/juju/hook-tools.ts';
import { CommandError } from '../../src/system/process/command.ts';
import { HOOK_ENVIRONMENT } from './hook-environment.ts';
import { type Answer, failure, json, scriptAnswers } from './scripted-tools.ts';

function toolsThat(answer: Answer) {
  const script = scriptAnswers(() => answer);
  return { ...script, tools: createHookTools(script.run, { ...HOOK_ENVIRONMENT, UNSET: undefined }) };
}

type Ask = (tools: HookTools) => Promise<unknown>;

describe('a hook tool', () => {
  test.each<[string, Ask, readonly string[]]>([
    ['config-get', (t) => t.configGet(), ['config-get', '--format=json']],
    ['relation-ids', (t) => t.relationIds('image'), ['relation-ids', '--format=json', 'image']],
    ['relation-list', (t) => t.relationList('image:3'), ['relation-list', '--format=json', '-r', 'image:3']],
    [
      'relation-get',
      (t) => t.relationGet('image:3', 'runner/0'),
      ['relation-get', '--format=json', '-r', 'image:3', '-', 'runner/0'],
    ],
    ['action-get', (t) => t.actionGet(), ['action-get', '--format=json']],
  ])('%s is asked for JSON', async (_, ask, argv) => {
    const { tools, argv: asked } = toolsThat(json(null));
    await ask(tools);
    expect(asked()).toEqual([argv]);
  });

  test.each<[string, Ask, readonly string[]]>([
    [
      'status-set',
      (t) => t.statusSet({ name: 'blocked', message: '--odd\nmessage ' }),
      ['status-set', 'blocked', '--', '--odd message'],
    ],
    ['status-set', (t) => t.statusSet({ name: 'active', message: '' }), ['status-set', 'active', '--', '']],
    [
      'application-version-set',
      (t) => t.applicationVersionSet('0.1.0'),
      ['application-version-set', '--', '0.1.0'],
    ],
    ['juju-log', (t) => t.log('INFO', '-x'), ['juju-log', '--log-level', 'INFO', '--', '-x']],
    ['action-fail', (t) => t.actionFail('-no\0'), ['action-fail', '--', '-no']],
    [
      'action-set',
      (t) => t.actionSet({ images: 'a,b', 'build-ids': 'x=y' }),
      ['action-set', '--', 'images=a,b', 'build-ids=x=y'],
    ],
  ])('%s takes text that begins with a dash, on one line', async (_, tell, argv) => {
    const { tools, argv: asked } = toolsThat({});
    await tell(tools);
    expect(asked()).toEqual([argv]);
  });

  test('gets the environment of the hook, all of it and no more, and a deadline', async () => {
    const { tools, requests } = toolsThat(json({}));
    await tools.configGet();
    expect(requests[0]?.env).toEqual(HOOK_ENVIRONMENT);
    expect(requests[0]?.timeoutMs).toBe(60_000);
  });

  test('is not called when there is nothing to tell', async () => {
    const { tools, argv } = toolsThat({});
    await tools.relationSet('image:3', {});
    await tools.actionSet({});
    await tools.log('INFO', '\n');
    expect(argv()).toEqual([]);
  });
});

describe('what a hook tool answers', () => {
  test('null where nothing is set is nothing', async () => {
    const { tools } = toolsThat(json(null));
    expect(await tools.configGet()).toEqual({});
    expect(await tools.actionGet()).toEqual({});
    expect(await tools.relationIds('image')).toEqual([]);
    expect(await tools.relationGet('image:3', 'runner/0')).toBeUndefined();
  });

  test('relations and units come by number, not as text', async () => {
    const ids = toolsThat(json(['image:1', 'image:10', 'image:2'])).tools;
    expect(await ids.relationIds('image')).toEqual(['image:1', 'image:2', 'image:10']);
    const units = toolsThat(json(['app/11', 'app/2', 'app/1'])).tools;
    expect(await units.relationList('image:1')).toEqual(['app/1', 'app/2', 'app/11']);
  });

  test('the remote application is asked by --app', async () => {
    const { tools, argv } = toolsThat(json('runner'));
    expect(await tools.relationApplication('image:3')).toBe('runner');
    expect(argv()).toEqual([['relation-list', '--format=json', '-r', 'image:3', '--app']]);
  });

  test('config keeps its types', async () => {
    const config = { 'build-interval': 6, flag: true, name: '' };
    expect(await toolsThat(json(config)).tools.configGet()).toEqual(config);
  });

  test.each([
    ['no JSON', { stdout: 'MARKED' }],
    ['another shape', json({ MARKED: 1 })],
  ])('%s fails the hook, and is not repeated', async (_, answer) => {
    const { tools } = toolsThat(answer);
    const message = await tools.relationIds('image').catch((error: unknown) => String(error));
    expect(message).toMatch(/^HookToolError: relation-ids image: its answer/);
    expect(message).not.toMatch('MARKED');
  });
});

describe('a relation that is gone', () => {
  const gone = [
    failure('invalid value "image:3" for option -r: relation not found', 2),
    failure('invalid value "image:3" for option -r: unknown relation id: 3', 2),
  ];

  test.each(gone)('has no units and no databags', async (answer) => {
    const { tools } = toolsThat(answer);
    expect(await tools.relationList('image:3')).toEqual([]);
    expect(await tools.relationGet('image:3', 'runner/0')).toBeUndefined();
  });

  test('has no databags as Juju 3.6 says it, nor has a unit that never entered it', async () => {
    expect(await toolsThat(failure('permission denied')).tools.relationGet('image:3', 'r/0')).toBeUndefined();
    const words = 'cannot read settings for unit "r/0" in relation "x": unit "r/0": settings not found';
    expect(await toolsThat(failure(words)).tools.relationGet('image:3', 'r/0')).toBeUndefined();
  });

  test('cannot be written to', async () => {
    const written = toolsThat(gone[0] ?? {}).tools.relationSet('image:3', { id: 'x' });
    await expect(written).rejects.toMatchObject({ name: 'HookToolError', reason: 'not found' });
  });
});

describe('a failure of a hook tool', () => {
  test.each([
    ['JUJU_CONTEXT_ID not set', 'no context'],
    ['bad request: wrong context ID; got "x"', 'no context'],
    ['bad request: expected context id "A", got "B"', 'no context'],
    ['this unit is not the leader', 'denied'],
    ['connection is shut down', 'other'],
  ])('by %j is told with the call and its kind', async (words, reason) => {
    await expect(toolsThat(failure(words)).tools.configGet()).rejects.toMatchObject({
      name: 'HookToolError',
      tool: 'config-get',
      reason,
      message: `config-get --format=json: exit code 1: ERROR ${words}`,
    });
  });

  test('does not repeat the words that were to be told', async () => {
    const failed = toolsThat(failure('no')).tools.statusSet({ name: 'active', message: 'MARKED' });
    await expect(failed).rejects.toThrow('status-set active: exit code 1: ERROR no');
  });

  test.each<[string, Answer, string]>([
    [
      'that a signal ended',
      { exitCode: undefined, signal: 'SIGKILL' },
      'config-get --format=json: ended by SIGKILL: ',
    ],
    [
      'that did not end',
      new CommandError('config-get: did not exit within 60 s and was stopped'),
      'config-get --format=json: config-get: did not exit within 60 s and was stopped',
    ],
  ])('of one %s is one too', async (_, answer, message) => {
    const failed = toolsThat(answer).tools.configGet();
    await expect(failed).rejects.toMatchObject({ name: 'HookToolError', reason: 'other', message });
  });
});
