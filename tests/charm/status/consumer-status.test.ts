import { describe, expect, test } from '@jest/globals';
import type { StatusInput } from '../../../src/charm/status/status-rule.ts';
import { deriveUnitStatus } from '../../../src/charm/status/unit-status.ts';
import {
  STATUS_FACTS,
  built,
  cloudOf,
  consumerDatabag,
  imageRelation,
  remoteUnit,
  report,
} from '../support/facts.ts';

const RELATION = imageRelation();
const CLOUD = cloudOf(RELATION);

function statusOf(given: Partial<StatusInput>): string {
  const input = { application: 'app', problems: [], relations: [RELATION], isServed: true };
  const { name, message } = deriveUnitStatus({ ...input, ...STATUS_FACTS, built: built(), ...given });
  return `${name}: ${message}`;
}

describe('the status of consumers', () => {
  test('The status names the option that gives a consumer its region, and no relation to remove', () => {
    const message = 'consumer-regions: expected one of north, south, got nothing';
    const unchosen = { kind: 'input', type: 'RegionNotFoundError', message } as const;
    const clouds = [report(CLOUD, {}, { failure: unchosen })];
    const line =
      'consumer: add https://keystone.consumer.example.com=<region> to the option consumer-regions: ' +
      message;
    expect(statusOf({ built: built({ clouds }) })).toBe(`active: ${line}`);
    expect(statusOf({ built: built({ clouds }), isServed: false })).toBe(`blocked: ${line}`);
  });

  test('The status names the option that allows a local address, and no relation to remove', () => {
    const message = 'log in: 127.0.0.1 must not be used; the option consumer-local-cidrs allows it';
    const failure = { kind: 'denied', type: 'LocalAddressError', message } as const;
    const clouds = [report(CLOUD, {}, { failure })];
    expect(statusOf({ built: built({ clouds }), isServed: false })).toBe(`blocked: consumer: ${message}`);
  });

  test('The status names the relation whose data cannot be used and why', () => {
    const unusable = imageRelation({
      id: 4,
      application: 'other',
      units: [remoteUnit('other/0', consumerDatabag({ username: 'x'.repeat(150_000) }))],
    });
    const line =
      'other: its relation data cannot be used: username: expected at most 255 characters, got 150000';
    expect(statusOf({ relations: [unusable] })).toBe(`blocked: ${line}`);
    expect(statusOf({ relations: [RELATION, unusable] })).toBe(`active: ${line}`);
  });

  test('A region that a consumer sent and its cloud lacks is corrected in its relation data', () => {
    const relation = imageRelation({
      units: [remoteUnit('consumer/0', consumerDatabag({ region_name: 'west' }))],
    });
    const message = 'consumer-regions: expected one of north, south, got west';
    const failure = { kind: 'input', type: 'RegionNotFoundError', message } as const;
    const clouds = [report(cloudOf(relation), {}, { failure })];
    expect(statusOf({ relations: [relation], built: built({ clouds }) })).toBe(
      `active: consumer: its relation data names a region that its cloud does not have: ${message}`,
    );
  });
});
