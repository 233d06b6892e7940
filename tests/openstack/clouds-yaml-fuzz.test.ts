import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cloudsYaml, encodeCloudsYaml } from '../../src/model/clouds-yaml.ts';
import { decode } from '../../src/model/decode.ts';
import { CloudsYAMLError } from '../../src/model/errors.ts';
import { encodeAuthRequest } from '../../src/openstack/login/auth-request.ts';
import { getCloudAccess, parseCloudsYaml } from '../../src/openstack/login/clouds-yaml.ts';
import { parseYaml, renderYaml } from '../../src/system/yaml.ts';
import { KEYS, file, login, respell, spelling } from './clouds-yaml-arbitraries.ts';

fc.configureGlobal({ seed: 20261126 }); // the same cases in each run

const fail = (problems: readonly string[]): Error => new Error(problems.join('\n'));

describe('the written clouds.yaml', () => {
  test('Every login is the same after writing and reading, by the charm and by the program', () => {
    const property = fc.property(login, (given) => {
      const text = renderYaml(encodeCloudsYaml({ clouds: { one: given } }));
      const own = Object.values(decode(cloudsYaml, parseYaml(text), '', fail).clouds);
      const read = getCloudAccess(parseCloudsYaml(text, 'p'), 'one');
      expect(own).toHaveLength(1);
      for (const found of [...own, read]) {
        expect(found).toMatchObject({ authUrl: given.authUrl, region: given.region });
        expect(encodeAuthRequest(found)).toBe(encodeAuthRequest(given));
      }
    });
    fc.assert(property, { numRuns: 1000 });
  });
});

describe('the clouds.yaml of a person', () => {
  test('Each of 2,000 valid files gives the intended login, however it is spelled', () => {
    const property = fc.property(login, spelling, (given, how) => {
      const access = getCloudAccess(parseCloudsYaml(respell(given, how), 'p'), 'one');
      expect(access).toMatchObject({ authUrl: given.authUrl, region: given.region });
      expect(encodeAuthRequest(access)).toBe(encodeAuthRequest(given));
    });
    fc.assert(property, { numRuns: 2000 });
  });

  test('Each of 5,000 generated files gives a login or an error with its problems', () => {
    const outcomes = { login: 0, error: 0 };
    const property = fc.property(file, (text) => {
      try {
        const yaml = parseCloudsYaml(text, 'p');
        for (const name of yaml.clouds.keys()) JSON.parse(encodeAuthRequest(getCloudAccess(yaml, name)));
        outcomes.login++;
      } catch (error) {
        if (!(error instanceof CloudsYAMLError)) throw error;
        expect(error.problems.length).toBeGreaterThan(0);
        expect(error.message.length).toBeLessThan(20_000);
        outcomes.error++;
      }
    });
    fc.assert(property, { numRuns: 5000 });
    expect(outcomes.login).toBeGreaterThan(300);
  });

  test('No error contains a secret that is in a wrong place', () => {
    const SECRET = 'hunter2 MARKED';
    const property = fc.property(
      fc.constantFrom(...KEYS),
      fc.constantFrom('auth', 'entry', 'key'),
      (key, place) => {
        const base = { auth_url: 'https://k.example.com/v3', username: 'u' };
        const given =
          place === 'auth'
            ? { auth: { ...base, [key]: SECRET } }
            : { auth: base, [place === 'key' ? SECRET : key]: SECRET };
        try {
          getCloudAccess(parseCloudsYaml(JSON.stringify({ clouds: { one: given } }), 'p'), 'one');
        } catch (error) {
          expect(inspect(error, { depth: 20 })).not.toMatch('MARKED');
        }
      },
    );
    fc.assert(property, { numRuns: 300 });
  });
});
