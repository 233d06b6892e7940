import { describe, expect, test } from '@jest/globals';
import { decide } from '../../src/charm/decide.ts';
import type { Observed } from '../../src/charm/observed.ts';
import { encodeDesiredState } from '../../src/model/unit/desired-state.ts';
import { Secret } from '../../src/model/secret.ts';
import { SETTINGS, after } from './support/dispatches.ts';
import { consumerDatabag, imageRelation, observed, remoteUnit } from './support/facts.ts';
import { charmConfig } from './support/options.ts';

describe('credentials', () => {
  test('The desired state refers to the proxies of the model and does not contain them', () => {
    const none = new Secret('');
    const noProxy = new Secret('10.0.0.0/8');
    const desiredWith = (https: string): string => {
      const { desired } = decide(observed({ proxy: { http: none, https: new Secret(https), noProxy } }));
      return desired === undefined ? '' : encodeDesiredState(desired);
    };
    expect(desiredWith('http://u:MARKED@p:3128')).toMatch('"proxy": "secrets.json"');
    expect(desiredWith('http://u:MARKED@p:3128')).not.toMatch('MARKED');
    expect(desiredWith('')).toMatch('"proxy": ""');
  });

  test('clouds.yaml starts with the build cloud and has one entry for each consumer', () => {
    const relations = [
      imageRelation({ units: [remoteUnit('consumer/0', consumerDatabag({ region_name: 'two' }))] }),
    ];
    const config = charmConfig({ 'openstack-region': 'one' });
    const clouds =
      decide(observed({ relations, settings: { ...SETTINGS, config } })).credentials?.clouds.clouds ?? {};
    expect(Object.keys(clouds)).toEqual(['builder', expect.stringMatching(/^runners_runner-/)]);
    expect(Object.values(clouds)).toMatchObject([
      {
        authUrl: 'https://keystone.example.com:5000/v3',
        auth: { user: { name: 'builder' }, project: { name: 'build' } },
        region: 'one',
      },
      {
        authUrl: 'https://keystone.consumer.example.com/v3',
        auth: { user: { name: 'runner' } },
        region: 'two',
      },
    ]);
    expect(
      Object.values(clouds).map(({ auth }) => auth.method === 'password' && auth.password.reveal()),
    ).toEqual(['build-passw0rd', 'consumer-passw0rd']);
  });

  test("A consumer's cloud may have local addresses only where the build cloud or the option has them", () => {
    const relations = [imageRelation({ units: [remoteUnit('consumer/0', consumerDatabag())] })];
    const config = charmConfig({ 'consumer-local-cidrs': '127.0.0.0/8' });
    const clouds =
      decide(observed({ relations, settings: { ...SETTINGS, config } })).credentials?.clouds.clouds ?? {};
    const allowed = { cidrs: ['127.0.0.0/8'], hosts: ['keystone.example.com'] };
    expect(Object.values(clouds).map(({ allowedAddresses }) => allowedAddresses)).toEqual([
      undefined,
      allowed,
    ]);
  });

  test.each<[string, Partial<Observed>]>([
    [
      'a new password',
      { settings: { ...SETTINGS, credential: { method: 'password', password: new Secret('rotated') } } },
    ],
    [
      'an application credential instead of a password',
      {
        settings: {
          ...SETTINGS,
          credential: { method: 'application_credential', id: 'a1', secret: new Secret('s') },
        },
      },
    ],
    [
      'a consumer’s new password',
      {
        relations: [
          imageRelation({ units: [remoteUnit('consumer/0', consumerDatabag({ password: 'rotated' }))] }),
        ],
      },
    ],
    [
      'a new proxy',
      { proxy: { http: new Secret('http://p'), https: new Secret(''), noProxy: new Secret('') } },
    ],
    ['a reboot', { installed: { clouds: undefined, secrets: undefined } }],
  ])('Credentials get one new generation after %s', (_what, given) => {
    const first = observed();
    const second = { ...after(first, decide(first)), ...given };
    const decision = decide(second);
    expect(decision.credentials).toMatchObject({ shouldWrite: true, secrets: { generation: 2 } });
    expect(decision.desired).toMatchObject({ credentialsGeneration: 2, generation: 2 });
    expect(decide(after(second, decision)).credentials).toMatchObject({
      shouldWrite: false,
      secrets: { generation: 2 },
    });
  });

  test('Credentials that a failed hook wrote keep their generation when it is retried', () => {
    const first = observed();
    const { credentials } = decide(first);
    const retried = decide({ ...first, installed: credentials ?? first.installed });
    expect(retried.credentials).toMatchObject({ shouldWrite: false, secrets: { generation: 1 } });
    expect(retried.desired?.credentialsGeneration).toBe(1);
  });
});
