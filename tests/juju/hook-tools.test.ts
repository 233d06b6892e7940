import { describe, expect, test } from '@jest/globals';
import { createHookTools } from '../../src/juju/create-hook-tools.ts';
import type { HookTools } from '../../src/juju/hook-tools.ts';
import { CommandError } from '../../src/system/process/command.ts';
import { HOOK_ENVIRONMENT } from './hook-environment.ts';
import { type Answer, failure, json, scriptAnswers } from './scripted-tools.ts';

function toolsAnswering(answer: Answer) {
  const script = scriptAnswers(() => answer);
  return { ...script, tools: createHookTools(script.run, { ...HOOK_ENVIRONMENT, UNSET: undefined }) };
}

type Ask = (tools: HookTools) => Promise<unknown>;

describe('hook tool calls', () => {
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
  ])('The hook tool %s is called with the JSON format', async (_, ask, argv) => {
    const { tools, argv: asked } = toolsAnswering(json(null));
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
  ])('The hook tool %s receives text that begins with a dash, on one line', async (_, call, argv) => {
    const { tools, argv: asked } = toolsAnswering({});
    await call(tools);
    expect(asked()).toEqual([argv]);
  });

  test('A hook tool is run with exactly the environment of the hook and with a deadline', async () => {
    const { tools, requests } = toolsAnswering(json({}));
    await tools.configGet();
    expect(requests[0]?.env).toEqual(HOOK_ENVIRONMENT);
    expect(requests[0]?.timeoutMs).toBe(60_000);
  });

  test('No hook tool is called when there is nothing to write', async () => {
    const { tools, argv } = toolsAnswering({});
    await tools.relationSet('image:3', {});
    await tools.actionSet({});
    await tools.log('INFO', '\n');
    expect(argv()).toEqual([]);
  });
});

describe('hook tool output', () => {
  test('The JSON value null is read as an empty result', async () => {
    const { tools } = toolsAnswering(json(null));
    expect(await tools.configGet()).toEqual({});
    expect(await tools.actionGet()).toEqual({});
    expect(await tools.relationIds('image')).toEqual([]);
    expect(await tools.relationGet('image:3', 'runner/0')).toBeUndefined();
  });

  test('Relations and units are sorted by number, not as text', async () => {
    const ids = toolsAnswering(json(['image:1', 'image:10', 'image:2'])).tools;
    expect(await ids.relationIds('image')).toEqual(['image:1', 'image:2', 'image:10']);
    const units = toolsAnswering(json(['app/11', 'app/2', 'app/1'])).tools;
    expect(await units.relationList('image:1')).toEqual(['app/1', 'app/2', 'app/11']);
  });

  test('The remote application is read with relation-list --app', async () => {
    const { tools, argv } = toolsAnswering(json('runner'));
    expect(await tools.relationApplication('image:3')).toBe('runner');
    expect(argv()).toEqual([['relation-list', '--format=json', '-r', 'image:3', '--app']]);
  });

  test('The values of config-get keep their types', async () => {
    const config = { 'build-interval': 6, flag: true, name: '' };
    expect(await toolsAnswering(json(config)).tools.configGet()).toEqual(config);
  });

  test.each([
    ['that is not JSON', { stdout: 'MARKED' }],
    ['of an unexpected shape', json({ MARKED: 1 })],
  ])('Output of a hook tool %s causes a HookToolError that does not repeat it', async (_, answer) => {
    const { tools } = toolsAnswering(answer);
    const message = await tools.relationIds('image').catch((error: unknown) => String(error));
    expect(message).toMatch(/^HookToolError: relation-ids image: its output/);
    expect(message).not.toMatch('MARKED');
  });
});

describe('a removed relation', () => {
  const failures = [
    failure('invalid value "image:3" for option -r: relation not found', 2),
    failure('invalid value "image:3" for option -r: unknown relation id: 3', 2),
  ];

  test.each(failures)('A removed relation has no units and no databags', async (answer) => {
    const { tools } = toolsAnswering(answer);
    expect(await tools.relationList('image:3')).toEqual([]);
    expect(await tools.relationGet('image:3', 'runner/0')).toBeUndefined();
  });

  test('A databag is undefined when Juju 3.6 denies access or the unit never entered the relation', async () => {
    expect(
      await toolsAnswering(failure('permission denied')).tools.relationGet('image:3', 'r/0'),
    ).toBeUndefined();
    const words = 'cannot read settings for unit "r/0" in relation "x": unit "r/0": settings not found';
    expect(await toolsAnswering(failure(words)).tools.relationGet('image:3', 'r/0')).toBeUndefined();
  });

  test('Writing to a removed relation fails', async () => {
    const written = toolsAnswering(failures[0] ?? {}).tools.relationSet('image:3', { id: 'x' });
    await expect(written).rejects.toMatchObject({ name: 'HookToolError', reason: 'not found' });
  });
});

describe('hook tool failures', () => {
  test.each([
    ['JUJU_CONTEXT_ID not set', 'no context'],
    ['bad request: wrong context ID; got "x"', 'no context'],
    ['bad request: expected context id "A", got "B"', 'no context'],
    ['this unit is not the leader', 'denied'],
    ['connection is shut down', 'other'],
  ])('The failure %j of a hook tool is reported with the call and its reason', async (words, reason) => {
    await expect(toolsAnswering(failure(words)).tools.configGet()).rejects.toMatchObject({
      name: 'HookToolError',
      tool: 'config-get',
      reason,
      message: `config-get --format=json: exit code 1: ERROR ${words}`,
    });
  });

  test('The error of a failed status-set does not repeat the status message', async () => {
    const failed = toolsAnswering(failure('no')).tools.statusSet({ name: 'active', message: 'MARKED' });
    await expect(failed).rejects.toThrow('status-set active: exit code 1: ERROR no');
  });

  test.each<[string, Answer, string]>([
    [
      'that was killed by a signal',
      { exitCode: undefined, signal: 'SIGKILL' },
      'config-get --format=json: ended by SIGKILL: ',
    ],
    [
      'that did not exit in time',
      new CommandError('config-get: did not exit within 60 s and was stopped'),
      'config-get --format=json: config-get: did not exit within 60 s and was stopped',
    ],
  ])('A hook tool %s is reported as a HookToolError', async (_, answer, message) => {
    const failed = toolsAnswering(answer).tools.configGet();
    await expect(failed).rejects.toMatchObject({ name: 'HookToolError', reason: 'other', message });
  });
});
