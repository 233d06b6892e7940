import { describe, expect, test } from '@jest/globals';
import { type Environment, readContext } from '../../src/juju/context.ts';
import { InputError } from '../../src/model/errors.ts';
import { HOOK_ENVIRONMENT } from './hook-environment.ts';

const problemsOf = (env: Environment, cwd = '/charm'): readonly string[] => {
  try {
    readContext(env, cwd);
  } catch (error) {
    if (error instanceof InputError) return error.problems;
    throw error;
  }
  return [];
};

const read = (change: Environment) => readContext({ ...HOOK_ENVIRONMENT, ...change }, '/charm');

describe('readContext', () => {
  test('The hook context contains unit, application, model, Juju version and charm folder', () => {
    expect(readContext(HOOK_ENVIRONMENT, '/elsewhere')).toMatchObject({
      unitName: 'builder/0',
      applicationName: 'builder',
      modelName: 'ci',
      modelUuid: '5f7a4c1e-6a0b-4d0e-8f52-1d1f3cbe0a11',
      jujuVersion: '3.6.12',
      charmDir: '/var/lib/juju/agents/unit-builder-0/charm',
    });
  });

  test('The hook context has an action name only while an action runs', () => {
    expect(read({})).not.toHaveProperty('actionName');
    expect(read({ JUJU_ACTION_NAME: 'run' }).actionName).toBe('run');
  });

  test.each([
    ['JUJU_CHARM_DIR', { JUJU_CHARM_DIR: '/a', CHARM_DIR: '/b' }, '/a'],
    ['CHARM_DIR, its older name,', { JUJU_CHARM_DIR: undefined, CHARM_DIR: '/b' }, '/b'],
    ['the working directory without these variables', { JUJU_CHARM_DIR: '', CHARM_DIR: '' }, '/charm'],
  ])('The charm folder is taken from %s', (_, change, charmDir) => {
    expect(read(change).charmDir).toBe(charmDir);
  });

  test('Proxy settings are kept as secrets because their URLs may contain passwords', () => {
    const { proxies, ...context } = read({
      JUJU_CHARM_HTTP_PROXY: 'http://u:MARKED@proxy:3128',
      JUJU_CHARM_HTTPS_PROXY: 'http://proxy:3129',
      JUJU_CHARM_NO_PROXY: '10.0.0.0/8',
    });
    expect(proxies.http.reveal()).toBe('http://u:MARKED@proxy:3128');
    expect(proxies.https.reveal()).toBe('http://proxy:3129');
    expect(proxies.noProxy.reveal()).toBe('10.0.0.0/8');
    expect(JSON.stringify({ proxies, context })).not.toMatch('MARKED');
  });

  test('The proxy settings are empty in a model without proxies', () => {
    const { http, https, noProxy } = read({ JUJU_CHARM_HTTP_PROXY: undefined }).proxies;
    expect([http, https, noProxy].map((proxy) => proxy.reveal())).toEqual(['', '', '']);
  });

  test.each(['app/12', 'a-b-c/0', 'x2/3'])('The unit name %s is accepted', (name) => {
    expect(read({ JUJU_UNIT_NAME: name }).unitName).toBe(name);
  });

  test.each(['app', 'app/', 'app/01', '../etc/0', 'app/0/1', 'App/0', 'app/-1', 'app/0\n'])(
    'The unit name %j is refused because unit names become part of paths',
    (name) => {
      expect(problemsOf({ ...HOOK_ENVIRONMENT, JUJU_UNIT_NAME: name })).toEqual([
        expect.stringMatching(/^JUJU_UNIT_NAME: expected a unit's name such as app\/0, got /),
      ]);
    },
  );

  test('All missing variables are reported at once outside Juju', () => {
    expect(problemsOf({ PATH: '/bin' }, 'relative')).toEqual([
      'JUJU_UNIT_NAME: expected Juju to set it, got nothing',
      'JUJU_CHARM_DIR: expected an absolute path, got relative',
      'JUJU_MODEL_NAME: expected Juju to set it, got nothing',
      'JUJU_MODEL_UUID: expected Juju to set it, got nothing',
      'JUJU_VERSION: expected Juju to set it, got nothing',
    ]);
  });
});
