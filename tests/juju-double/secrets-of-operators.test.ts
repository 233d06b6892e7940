import { describe, expect, test } from '@jest/globals';
import {
  addSecret,
  grantSecret,
  removeSecret,
  revokeSecret,
  updateSecret,
} from '../support/juju/model/secrets.ts';
import { type HookContext, openContext } from '../support/juju/charm/hook-context.ts';
import { call } from './call-tool.ts';
import { sampleModel } from './sample-charm.ts';
import { takeRuns, useMachine } from './shell-charm.ts';

const UPDATE_STATUS = { kind: 'hook', name: 'update-status' } as const;

function openWithSecret(): { readonly context: HookContext; readonly uri: string } {
  const model = sampleModel();
  const uri = addSecret(model, 'password', { password: 'one' });
  return { context: openContext(model, UPDATE_STATUS), uri };
}

describe('secret-get', () => {
  test('Reading a secret is denied until it is granted and after the grant is revoked', () => {
    const { context, uri } = openWithSecret();
    expect(call(context, 'secret-get', uri)).toBe('1 ERROR permission denied');
    grantSecret(context.model, uri);
    expect(call(context, 'secret-get', uri, '--format=json')).toBe('{"password":"one"}\n');
    revokeSecret(context.model, uri);
    expect(call(context, 'secret-get', uri)).toBe('1 ERROR permission denied');
    removeSecret(context.model, uri);
    expect(call(context, 'secret-get', uri)).toMatch(/^1 ERROR secret "[0-9a-z]{20}" not found$/);
  });

  test('The tool secret-get returns the revision that was read first until it is called with --refresh', () => {
    const { context, uri } = openWithSecret();
    const read = (...options: readonly string[]): string =>
      call(context, 'secret-get', ...options, uri, 'password');
    grantSecret(context.model, uri);
    read();
    updateSecret(context.model, uri, { password: 'two' });
    expect([read(), read('--peek'), read(), read('--refresh'), read()]).toEqual(
      ['one', 'two', 'one', 'two', 'two'].map((each) => `${each}\n`.replace(/^(.*)\n$/, '"$1"\n')),
    );
  });

  test.each([
    [['secret:x'], '2 ERROR secret URI "secret:x" not valid'],
    [[], '2 ERROR require either a secret URI or label'],
    [['--label', 'mine'], '1 ERROR consumer label "mine" not found'],
    [
      ['--peek', '--refresh', 'secret:aaaaaaaaaaaaaaaaaaaa'],
      '2 ERROR specify one of --peek or --refresh but not both',
    ],
    [['--format=smart', 'secret:aaaaaaaaaaaaaaaaaaaa'], '1 ERROR secret "aaaaaaaaaaaaaaaaaaaa" not found'],
  ])('The call secret-get %j is refused', (args, expected) => {
    expect(call(openWithSecret().context, 'secret-get', ...args)).toBe(expected);
  });

  test('The tool secret-get accepts every form of the URI, and a label once it is set', () => {
    const { context, uri } = openWithSecret();
    const id = uri.replace('secret:', '');
    grantSecret(context.model, uri);
    for (const form of [uri, id, `secret://${context.model.uuid}/${id}`]) {
      expect(call(context, 'secret-get', form, 'password')).toBe('"one"\n');
    }
    call(context, 'secret-get', uri, '--label', 'mine');
    expect(call(context, 'secret-get', '--label', 'mine', 'password')).toBe('"one"\n');
  });

  test('The tools secret-ids and secret-info-get find no secrets because the charm owns none', () => {
    const { context, uri } = openWithSecret();
    expect(call(context, 'secret-ids', '--format=json')).toBe('null\n');
    expect(call(context, 'secret-info-get', uri)).toMatch(/not found$/);
  });
});

test('Adding a secret with invalid content or a duplicate name is refused', () => {
  const model = sampleModel();
  expect(() => addSecret(model, 'a', { Pw: 'x' })).toThrow('key "Pw" not valid');
  expect(() => addSecret(model, 'a', {})).toThrow('empty secret value');
  expect(() => addSecret(model, 'a', { key: 'x'.repeat(800_000) })).toThrow('too large');
  addSecret(model, 'a', { key: 'x' });
  expect(() => addSecret(model, 'a', { key: 'x' })).toThrow('already exists');
});

describe('secret-changed', () => {
  const shell = useMachine();
  const READ = 'secret-get --refresh "$(config-get password)" password > /dev/null || true';

  test('The hook secret-changed runs once for pending updates of a secret that the unit has read', async () => {
    const agent = await shell.add({ 'config-changed': READ, 'secret-changed': READ });
    const uri = agent.addSecret('password', { password: 'one' });
    await agent.deploy({ config: { password: uri } });
    await takeRuns(agent);
    await agent.updateSecret(uri, { password: 'two' });
    agent.grantSecret(uri);
    await agent.waitForIdle();
    expect(await takeRuns(agent)).toEqual([]); // the unit has not read the secret yet
    await agent.setConfig({ count: 8 });
    await takeRuns(agent);
    const release = agent.hold();
    await agent.updateSecret(uri, { password: 'three' });
    await agent.updateSecret(uri, { password: 'four' });
    release();
    await agent.waitForIdle();
    expect(await takeRuns(agent)).toEqual(['secret-changed']);
    agent.revokeSecret(uri);
    await agent.updateSecret(uri, { password: 'five' });
    expect(await takeRuns(agent)).toEqual([]);
  });

  test('The hook secret-changed runs once even when it does not read the new revision', async () => {
    const agent = await shell.add({ 'config-changed': READ });
    const uri = agent.addSecret('password', { password: 'one' });
    agent.grantSecret(uri);
    await agent.deploy({ config: { password: uri } });
    await agent.updateSecret(uri, { password: 'two' });
    expect((await takeRuns(agent)).filter((name) => name === 'secret-changed')).toHaveLength(1);
  });
});
