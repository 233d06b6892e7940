import { describe, expect, test } from '@jest/globals';
import { changeConfig } from '../support/juju/model/config-values.ts';
import { addSecret, grantSecret } from '../support/juju/model/secrets.ts';
import { built, consumerDatabag, report } from './support/facts.ts';
import { deploy, imageOf, integrate, useUnit } from './support/use-unit.ts';
import { uuidOf } from '../support/uuid-of.ts';

const fixture = useUnit();

const HUGE = 'x'.repeat(150_000);
const DEEP = '['.repeat(150_000);
const KEYS = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`key-${index}`, 'value']));

describe('a hostile consumer', () => {
  test.each<[string, Record<string, string>]>([
    ['a username of 150,000 characters', { username: HUGE }],
    ['a password of 150,000 characters', { password: HUGE }],
    ['an auth_url of 150,000 characters', { auth_url: `https://${HUGE}` }],
    ['deeply nested JSON', { project_name: DEEP }],
    ['more data than a hook reads', { project_name: HUGE.repeat(8) }],
    ['an auth_url that is no URL', { auth_url: 'keystone' }],
  ])('A databag with %s makes only its own relation unserved', async (_what, data) => {
    const { unit } = fixture;
    const { relation, cloudId } = await deploy(unit);
    integrate(unit, 'hostile', consumerDatabag(data));
    await unit.report(built({ clouds: [report(cloudId, { noble: uuidOf('n1') })] }));
    expect(await unit.hook('update-status')).toBe(0);
    expect(imageOf(relation)).toBe(uuidOf('n1'));
    expect(await unit.cloudIds()).toEqual([cloudId]);
    expect(unit.status).toMatch(/^active: hostile: its relation data cannot be used: /);
    expect(unit.status.length).toBeLessThan(200);
  });

  test('A databag with 20,000 further keys is served like any other', async () => {
    const { unit } = fixture;
    await deploy(unit);
    integrate(unit, 'hostile', consumerDatabag(KEYS));
    expect(await unit.hook('update-status')).toBe(0);
    expect(await unit.cloudIds()).toHaveLength(2);
  });

  test('A secret with a value that no variable can hold blocks the unit with the name of its key', async () => {
    const { unit } = fixture;
    await deploy(unit);
    const secret = addSecret(unit.model, 'script', { 'api-token': HUGE });
    grantSecret(unit.model, secret);
    changeConfig(unit.model, { 'script-secret-id': secret, 'script-url': 'https://example.com/s' });
    expect(await unit.hook('config-changed')).toBe(0);
    expect(unit.status).toBe(
      'blocked: script-secret-id: its key "api-token" has more than 120000 bytes, which no variable can hold',
    );
  });

  test.each([HUGE, '../x', ' '])(
    'An image id that is no UUID fails no hook and is not published (%#)',
    async (odd) => {
      const { unit } = fixture;
      const { relation, cloudId } = await deploy(unit);
      const failure = { kind: 'denied', type: '', message: `no image ${HUGE}` } as const;
      await unit.report(
        built({
          clouds: [report(cloudId, { noble: odd }, { failure })],
          idleReason: undefined,
          failures: [
            {
              ...{ kind: 'copy', subject: HUGE, cloudId, errorKind: 'build', message: HUGE, attempts: 1 },
              ...{ failedAt: '2026-11-21T13:00:00.000Z', nextAttemptAt: '2026-11-21T13:00:00.000Z' },
            },
          ],
        }),
      );
      for (const event of ['update-status', 'config-changed']) expect(await unit.hook(event)).toBe(0);
      await unit.report(built({ clouds: [report(cloudId, { noble: odd })] }));
      for (const event of ['update-status', 'config-changed']) expect(await unit.hook(event)).toBe(0);
      expect(imageOf(relation)).toBeUndefined();
      expect(unit.status.length).toBeLessThan(1100);
      await unit.report(built({ clouds: [report(cloudId, { noble: uuidOf('n1') })] }));
      expect(await unit.hook('update-status')).toBe(0);
      expect(imageOf(relation)).toBe(uuidOf('n1'));
    },
  );
});
