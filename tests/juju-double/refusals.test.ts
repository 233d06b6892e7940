import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type CharmTexts, parseCharm } from '../support/juju/charm/charm-files.ts';
import { zipCharm } from '../support/juju/charm/charm-zip.ts';
import { changeConfig } from '../support/juju/model/config-values.ts';
import { openContext } from '../support/juju/charm/hook-context.ts';
import { answerTool } from '../support/juju/tools/answer-tool.ts';
import { addJoinedUnit, addRelation, enterScope } from '../support/juju/model/relations.ts';
import { call } from './call-tool.ts';
import { ACTIONS, CONFIG, MANIFEST, METADATA, sampleModel } from './sample-charm.ts';
import { useMachine } from './shell-charm.ts';

const UPDATE_STATUS = { kind: 'hook', name: 'update-status' } as const;

describe('parseCharm', () => {
  const parse = (texts: Partial<CharmTexts>): unknown =>
    parseCharm({ metadata: METADATA, config: CONFIG, actions: ACTIONS, manifest: MANIFEST, ...texts });

  test.each<[string, Partial<CharmTexts>, string]>([
    ['without a summary', { metadata: 'name: x\ndescription: d' }, 'expected summary'],
    [
      'with a name that ends in a number',
      { metadata: METADATA.replace('sample', 'sample-1') },
      'invalid charm name',
    ],
    ['of format v1', { metadata: `${METADATA}series: [noble]` }, 'format v1'],
    [
      'with assumes but without bases',
      { metadata: `${METADATA}assumes: [juju]`, manifest: '{}' },
      'manifest.yaml',
    ],
    ['with a reserved endpoint', { metadata: `${METADATA}peers: { x: { interface: juju-x } }` }, 'reserved'],
    ['with a duplicate endpoint', { metadata: `${METADATA}peers: { image: { interface: x } }` }, 'duplicate'],
    ['without options in config.yaml', { config: '{}' }, 'options is mandatory'],
    ['with an option of an unknown type', { config: 'options: { a: { type: list } }' }, 'invalid type list'],
    [
      'with a default of another type',
      { config: 'options: { a: { type: int, default: x } }' },
      'not of type int',
    ],
    ['with a reserved action', { actions: 'juju-run: {}' }, 'reserved'],
    ['with an unsupported schema keyword', { actions: 'a: { params: { p: { $ref: x } } }' }, '$ref'],
  ])('A charm %s is not deployed', (_, texts, why) => {
    expect(() => parse(texts)).toThrow(why);
  });
});

describe('commands of the operator', () => {
  test.each([
    [{ no: 1 }, 'unknown option "no"'],
    [{ count: 'many' }, 'option "count" expected int'],
    [{ count: 1.5 }, 'option "count" expected int'],
    [{ wanted: 'yes' }, 'option "wanted" expected boolean'],
    [{ text: 5 }, 'option "text" expected string'],
    [{ password: 'plain' }, 'option "password" expected secret'],
  ])('Juju refuses the config %j', (change, why) => {
    const model = sampleModel();
    expect(() => changeConfig(model, { ratio: 2, ...change })).toThrow(why);
    expect(model.config.size).toBe(0);
  });

  test('Juju refuses a relation without an endpoint, a duplicate relation, and units of another application', () => {
    const model = sampleModel();
    const relation = addRelation(model, 'image', 'consumer');
    expect(() => addRelation(model, 'images', 'consumer')).toThrow('endpoint "images" not found');
    expect(() => addRelation(model, 'image', 'consumer')).toThrow('already exists');
    expect(() => enterScope(relation, 'other/0')).toThrow('expected a unit of consumer');
    enterScope(relation, 'consumer/0');
    expect(() => enterScope(relation, 'consumer/0')).toThrow('already');
  });
});

describe('hook tool errors', () => {
  test.each([
    [
      ['relation-get', '-r', 'one', '-', 'consumer/0'],
      '2 ERROR invalid value "one" for option -r: invalid relation id',
    ],
    [
      ['relation-get', '-r', 'image:9', '-', 'consumer/0'],
      '2 ERROR invalid value "image:9" for option -r: relation not found',
    ],
    [['relation-get', '-', 'consumer/0'], '2 ERROR no relation id specified'],
    [['relation-get', '-r', '1', '-'], '2 ERROR no unit or application specified'],
    [
      ['relation-get', '-r', '1', '-', 'consumer'],
      '2 ERROR expected unit name, got application name "consumer"',
    ],
    [['relation-get', '-r', '1', '-', 'consumer/x'], '2 ERROR invalid unit name "consumer/x"'],
    [['relation-get', '-r', '1', '--app', '-', 'app'], '1 ERROR permission denied'],
    [['relation-set', '-r', '1', '--app', 'a=b'], '1 ERROR cannot write relation settings'],
    [['relation-set', '-r', '1', 'haha'], '2 ERROR expected "key=value", got "haha"'],
    [['relation-set', '-r', '1', 'a=1', 'a=2'], '2 ERROR key "a" specified more than once'],
    [['relation-set', '-r', '1', '--file', '/nowhere'], '1 ERROR open /nowhere: no such file or directory'],
    [['relation-ids'], '2 ERROR no endpoint name specified'],
    [['status-set', '--application', 'active'], '1 ERROR this unit is not the leader'],
    [['status-get', '--application'], '1 ERROR finding application status: this unit is not the leader'],
    [['state-get', '--strict', 'x'], '1 ERROR "x" not found'],
    [['state-set', `${'k'.repeat(257)}=x`], '1 ERROR max allowed key length (256) exceeded'],
    [['state-set', `k=${'x'.repeat(65_537)}`], '1 ERROR max allowed value length (65536) exceeded'],
    [
      ['relation-get', '-r', 'other:1', '-', 'consumer/0'],
      '2 ERROR invalid value "other:1" for option -r: relation not found',
    ],
    [['juju-log'], '2 ERROR no message specified'],
    [['application-version-set'], '2 ERROR no version specified'],
    [['is-leader', '--all'], '2 ERROR option provided but not defined: --all'],
  ])('The hook tool call %j is refused', ([tool = '', ...args], expected) => {
    const model = sampleModel(false);
    addJoinedUnit(addRelation(model, 'image', 'consumer'), 'consumer/0');
    expect(call(openContext(model, UPDATE_STATUS), tool, ...args)).toBe(expected);
    expect(model.toolCalls).toMatchObject([{ tool, args, code: Number(expected[0]) }]);
  });

  test.each([
    ['action-set', 'Key=1', 'key "Key" must start and end with lowercase'],
    ['action-set', 'a..b=1', 'must start and end with lowercase'],
    ['action-set', 'stdout=1', 'cannot set reserved action key "stdout"'],
    ['action-set', 'x', 'argument "x" must be of the form key...=value'],
  ])('The action result in the call %s %s is refused', (tool, arg, why) => {
    const model = sampleModel();
    const task = { id: '1', name: 'run', params: {}, status: 'running' as const, message: '' };
    const outcome = { results: {}, stdout: '', stderr: '', returnCode: undefined, progress: [] };
    const context = openContext(model, { kind: 'action', task: { ...task, ...outcome } });
    expect(call(context, tool, arg)).toMatch(/^2 ERROR /);
    expect(call(context, tool, arg)).toContain(why);
  });

  test.each([
    ['{"a":{"b":"c"}}', 'cannot unmarshal !!map into string'],
    ['[]', 'cannot unmarshal into map'],
    ['{"a":"\\ud800"}', 'invalid Unicode character escape code'],
    ['{"a":', 'yaml: '],
  ])('The input %j of relation-set is refused', (stdin, why) => {
    const model = sampleModel();
    addJoinedUnit(addRelation(model, 'image', 'consumer'), 'consumer/0');
    const context = openContext(model, UPDATE_STATUS);
    const args = ['-r', '1', '--file', '-'];
    expect(answerTool(context, 'relation-set', args)).toBe('stdin required');
    const answer = answerTool(context, 'relation-set', args, stdin);
    expect(answer).toMatchObject({ code: 1, stderr: expect.stringContaining(why) });
  });

  test('Numbers and booleans in the input of relation-set are kept as written', () => {
    const model = sampleModel();
    addRelation(model, 'image', 'consumer').created = true;
    const context = openContext(model, UPDATE_STATUS);
    answerTool(context, 'relation-set', ['-r', '1', '--file', '-'], '{"a": 1.50, "b": true}');
    expect(call(context, 'relation-get', '-r', '1', 'a', 'app/0')).toBe('1.50\n');
    expect(call(context, 'relation-get', '-r', '1', 'b', 'app/0')).toBe('true\n');
  });
});

describe('a packed charm', () => {
  const shell = useMachine();

  const packLoose = async (dispatchMode: number | undefined): Promise<string> => {
    const source = join(shell.folder, 'loose');
    await mkdir(join(source, 'hooks'), { recursive: true });
    for (const [name, text] of Object.entries({ metadata: METADATA, actions: ACTIONS, manifest: MANIFEST })) {
      await writeFile(join(source, `${name}.yaml`), text);
    }
    const script = '#!/bin/sh\nstatus-set active -- "$JUJU_HOOK_NAME"\n';
    await writeFile(join(source, 'hooks/all'), script, { mode: 0o644 });
    await symlink('all', join(source, 'hooks/start'));
    if (dispatchMode !== undefined) await writeFile(join(source, 'dispatch'), script, { mode: dispatchMode });
    await zipCharm(source, join(shell.folder, 'loose.charm'));
    return join(shell.folder, 'loose.charm');
  };

  test('A charm with a dispatch file that is not executable fails at its first hook', async () => {
    const retry = { firstMs: 1, maxMs: 1, attempts: 0 };
    const agent = await shell.machine.addUnit({ charm: await packLoose(0o644), retry });
    await agent.deploy();
    expect(agent.status).toEqual({ status: 'error', message: 'hook failed: "install"' });
    expect(agent.model.log.at(-1)?.message).toMatch(/fork\/exec .*dispatch: permission denied/);
  });

  test('A charm without a dispatch file runs its hook files and fails an action without a file', async () => {
    const agent = await shell.machine.addUnit({ charm: await packLoose(undefined) });
    await agent.deploy();
    expect(agent.status).toEqual({ status: 'active', message: 'start' });
    expect(agent.model.log.map(({ message }) => message)).toContain('skipped "install" hook (missing)');
    expect(await agent.runAction('run')).toMatchObject({
      status: 'failed',
      message: 'action not implemented on unit "sample/0"',
    });
  });

  test('A charm whose folder contains a running program is not upgraded', async () => {
    const agent = await shell.add({
      start: 'cp /bin/sleep ./dispatch-helper; ./dispatch-helper 1000 > /dev/null 2>&1 &',
    });
    await agent.deploy();
    await agent.until(() => shell.machine.listProcesses().length === 1, {
      timeoutMs: 3000,
      what: 'the helper',
    });
    await rm(join(shell.folder, 'source'), { recursive: true, force: true });
    const source = join(shell.folder, 'next');
    await mkdir(source);
    await writeFile(join(source, 'metadata.yaml'), METADATA);
    await writeFile(join(source, 'manifest.yaml'), MANIFEST);
    await writeFile(join(source, 'dispatch-helper'), 'new');
    await zipCharm(source, join(shell.folder, 'next.charm'));
    await expect(agent.upgrade(join(shell.folder, 'next.charm'))).rejects.toThrow('ETXTBSY');
  });
});

describe('Machine.findText', () => {
  const shell = useMachine();

  test('Text is found in files, arguments, logs, statuses and databags, but not in /run', async () => {
    const agent = await shell.add({
      start: [
        'echo hush-1 > "$(cat ../host-root)/var/lib/leak"; echo hush-2 > "$(cat ../host-root)/run/kept"',
        'echo hush-3; status-set active -- hush-4; relation-set -r 1 a=hush-5',
      ].join('\n'),
    });
    agent.relate('image', 'consumer');
    await agent.deploy();
    const find = (text: string): Promise<readonly string[]> => shell.machine.findText([text]);
    expect(await find('hush-2')).toEqual([join(agent.charmDir, 'scripts/start')]);
    expect(await find('hush-1')).toContain(join(shell.machine.root, 'var/lib/leak'));
    expect(await find('hush-3')).toContain('app/0: log of unit.app/0.start');
    expect(await find('hush-4')).toEqual(
      expect.arrayContaining(['app/0: status-set', 'app/0: status active']),
    );
    expect(await find('hush-5')).toEqual(expect.arrayContaining(['app/0: relation-set', 'relation 1']));
    expect(await find('text that was never written')).toEqual([]);
  });
});
