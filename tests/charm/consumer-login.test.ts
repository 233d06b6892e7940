import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { renderYaml } from '../../src/system/yaml.ts';
import { encodeCloudsYaml } from '../../src/model/clouds-yaml.ts';
import { encodeAuthRequest } from '../../src/openstack/login/auth-request.ts';
import { getCloudAccess, parseCloudsYaml } from '../../src/openstack/login/clouds-yaml.ts';
import { decodeRemoteUnit } from '../../src/charm/relations/consumers.ts';
import { consumerDatabag } from './support/facts.ts';
import { deploy, integrate, useUnit } from './support/use-unit.ts';

fc.configureGlobal({ seed: 20261121 }); // makes the properties deterministic

const fixture = useUnit();

/** The request that keystoneauth sends for these relation data, which it takes as they are. */
function requestFor(databag: Readonly<Record<string, string>>): unknown {
  return {
    auth: {
      identity: {
        methods: ['password'],
        password: {
          user: {
            name: databag['username'],
            domain: { name: databag['user_domain_name'] },
            password: databag['password'],
          },
        },
      },
      scope: {
        project: { name: databag['project_name'], domain: { name: databag['project_domain_name'] } },
      },
    },
  };
}

const STRANGE = [
  ' leading and trailing ',
  'newline at the end\n',
  'two\nlines\r\nand\ttabs',
  `quotes " ' and \\ back \\n slashes`,
  '$HOME ${PATH} `id` $(id) %s {password}',
  '# not a comment',
  'key: value, - item',
  '0001',
  '1e3',
  '0x10',
  '12:30:45',
  '2026-11-21',
  'yes',
  'null',
  '~',
  '*alias',
  '&anchor',
  '!!binary aGVsbG8=',
  '<<',
  '=',
  '@at',
  'ünïcödé 密碼 😀 \u2028 \u0085 \u00a0 \ufeff',
  '\u0001\u007f\u009f',
  // Passwords of public bug reports that other tools cut or changed.
  '[842}4q;cx3B',
  'password$n#1',
  '<>*\\/',
  'ends with !',
  'a:b@c',
];

describe("a consumer's login", () => {
  test.each(STRANGE)(
    'The job logs in with exactly the names and the password %j of the databag',
    async (text) => {
      const { unit } = fixture;
      await deploy(unit);
      const strange = ['password', 'project_domain_name', 'project_name', 'user_domain_name', 'username'];
      const databag = consumerDatabag(Object.fromEntries(strange.map((key) => [key, text])));
      integrate(unit, 'strange', databag);
      expect(await unit.hook('update-status')).toBe(0);
      const [, cloudId = ''] = await unit.cloudIds();
      const yaml = parseCloudsYaml(await readFile(unit.paths.cloudsYaml, 'utf8'), 'clouds.yaml');
      expect(JSON.parse(encodeAuthRequest(getCloudAccess(yaml, cloudId)))).toEqual(requestFor(databag));
    },
  );

  test.each([
    ' https://k.example.com:5000/v3 ',
    '\thttps://k.example.com:5000/v3\r\n',
    'https://k.example.com:5000/',
  ])('The auth_url %j connects to the Keystone without the blanks', async (url) => {
    const { unit } = fixture;
    await deploy(unit);
    integrate(unit, 'strange', consumerDatabag({ auth_url: url }));
    await unit.hook('update-status');
    const [, cloudId = ''] = await unit.cloudIds();
    const yaml = parseCloudsYaml(await readFile(unit.paths.cloudsYaml, 'utf8'), 'clouds.yaml');
    expect(getCloudAccess(yaml, cloudId).authUrl).toBe('https://k.example.com:5000/v3');
  });

  test('A clouds.yaml preserves every text of a databag', () => {
    const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 });
    const names = fc.record({ username: text, password: text, project_name: text });
    fc.assert(
      fc.property(names, (given) => {
        const databag = consumerDatabag(given);
        const { credentials } = decodeRemoteUnit('consumer/0', databag);
        if (credentials === undefined) return; // blank names
        const yaml = parseCloudsYaml(
          renderYaml(encodeCloudsYaml({ clouds: { c: credentials } })),
          'clouds.yaml',
        );
        expect(JSON.parse(encodeAuthRequest(getCloudAccess(yaml, 'c')))).toEqual(requestFor(databag));
      }),
      { numRuns: 2000 },
    );
  });
});
