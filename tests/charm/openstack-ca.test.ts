import { beforeAll, describe, expect, test } from '@jest/globals';
import { listExpiredCertificates } from '../../src/charm/options/certificates.ts';
import { decide } from '../../src/charm/decide.ts';
import { ConfigInvalidError } from '../../src/charm/errors.ts';
import { encodeDesiredState } from '../../src/model/unit/desired-state.ts';
import { changeConfig } from '../support/juju/model/config-values.ts';
import { EXPIRED_CA, type PrivateCa, createPrivateCa } from '../support/private-ca.ts';
import { SETTINGS, after } from './support/dispatches.ts';
import { observed } from './support/facts.ts';
import { charmConfig } from './support/options.ts';
import { TestUnit } from './support/unit.ts';
import { configure } from './support/use-unit.ts';

let ca: PrivateCa;
beforeAll(() => {
  ca = createPrivateCa();
});

function problemsWith(pem: string): readonly string[] {
  try {
    charmConfig({ 'openstack-ca': pem });
    return [];
  } catch (error) {
    if (error instanceof ConfigInvalidError) return error.problems;
    throw error;
  }
}

describe('openstack-ca', () => {
  test('Certificates with comments between them are accepted', () => {
    const pem = `# ours\n${ca.ca}\nSubject: x\n${EXPIRED_CA}`;
    expect(charmConfig({ 'openstack-ca': `\n${pem}\n` }).openstackCa).toBe(pem.trim());
  });

  test.each<[string, (good: PrivateCa) => string, string]>([
    ['a path', () => '/etc/ssl/certs/company-ca.pem', 'text that contains something else'],
    [
      'a certificate in base64',
      ({ ca }) => Buffer.from(ca).toString('base64'),
      'text that contains something else',
    ],
    ['a truncated certificate', ({ ca }) => ca.slice(0, 200), 'text that contains something else'],
    ['a damaged certificate', ({ ca }) => `${ca}${ca.replace(/M/g, 'N')}`, 'cannot be parsed (number 2)'],
    ['a private key', ({ ca, server }) => `${ca}${server.key}`, 'a private key: replace that key'],
  ])('%s is a problem that repeats none of the value', (_what, make, got) => {
    const pem = make(ca);
    const [problem = '', ...others] = problemsWith(pem);
    expect(others).toEqual([]);
    expect(problem).toMatch('openstack-ca: expected certificates in PEM, set with juju config');
    expect(problem).toContain(got);
    expect(problem).not.toContain(pem.slice(10, 30));
  });

  test('A text of more than 256 KiB is a problem', () => {
    expect(problemsWith(ca.ca.repeat(500))[0]).toMatch('openstack-ca: expected at most 262144 characters');
  });

  test('The certificates reach jobs in secrets.json, and a change of them is a new generation', () => {
    const first = observed();
    const config = charmConfig({ 'openstack-ca': ca.ca });
    const second = { ...after(first, decide(first)), settings: { ...SETTINGS, config } };
    const { credentials, desired } = decide(second);
    expect(credentials).toMatchObject({
      shouldWrite: true,
      secrets: { generation: 2, openstackCa: ca.ca.trim() },
    });
    expect(desired && encodeDesiredState(desired)).not.toMatch('BEGIN');
  });

  test('An expired certificate is named, and a valid one is not', () => {
    expect(listExpiredCertificates(`${ca.ca}${EXPIRED_CA}`, Date.now())).toEqual([
      expect.stringMatching(/^openstack-ca: the certificate of CN=Old CA expired on \w+/),
    ]);
    expect(listExpiredCertificates('', Date.now())).toEqual([]);
  });

  test('An expired certificate is a warning in the log and does not block the unit', async () => {
    const unit = await TestUnit.open('app');
    try {
      configure(unit);
      changeConfig(unit.model, { 'openstack-ca': EXPIRED_CA });
      await unit.hook('install');
      expect(JSON.stringify(unit.model.log)).toMatch('the certificate of CN=Old CA expired on');
      expect(unit.model.statusHistory.at(-1)).not.toMatchObject({ name: 'blocked' });
      changeConfig(unit.model, { 'openstack-ca': 'ca.pem' });
      await unit.hook('config-changed');
      expect(JSON.stringify(unit.model.statusHistory.at(-1))).toMatch(/blocked.*openstack-ca: expected/);
    } finally {
      await unit.close();
    }
  });
});
