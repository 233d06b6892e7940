import { describe, expect, test } from '@jest/globals';
import type { CloudReport } from '../../../src/model/unit/built.ts';
import { NO_STEERING, type Steering } from '../../../src/model/unit/steering.ts';
import type { StatusInput } from '../../../src/charm/status/status-rule.ts';
import { deriveUnitStatus, listProblems } from '../../../src/charm/status/unit-status.ts';
import { uuidOf } from '../../support/uuid-of.ts';
import { STATUS_FACTS, built, cloudOf, imageRelation, report } from '../support/facts.ts';

const RELATION = imageRelation({ databag: { id: uuidOf('n1') } });
const HOUR = 3_600_000;
const NOBLE = 'app-noble-x64';

const before = (hours: number): string => new Date(STATUS_FACTS.now - hours * HOUR).toISOString();

/** Returns the report of the consumer's cloud with an image of this age and a runner of that age. */
function aged(imageHours: number, runnerHours: number): CloudReport {
  const plain = report(cloudOf(RELATION), { noble: uuidOf('n1') });
  const details = { createdAt: before(imageHours), runnerSince: before(runnerHours) };
  return { ...plain, images: plain.images.map((image) => ({ ...image, details })) };
}

function input(given: Partial<StatusInput>): StatusInput {
  const common = { application: 'app', problems: [], relations: [RELATION], isServed: true };
  return { ...common, built: built(), ...STATUS_FACTS, ...given };
}

function statusOf(given: Partial<StatusInput>): string {
  const { name, message } = deriveUnitStatus(input(given));
  return `${name}: ${message}`;
}

const steered = (changes: Partial<Steering>): Steering => ({ ...NO_STEERING, ...changes });
const PINNED = steered({ pins: [{ imageName: NOBLE, buildId: 'b2' }] });

const TOO_OLD =
  'blocked: noble-x64 of consumer was built 2026-11-20T23:00Z, more than twice build-interval ago: ' +
  'juju run app/leader plan says what the next build waits for';

describe('the age of published images', () => {
  test('An image older than twice the build interval blocks the unit, and a younger one does not', () => {
    expect(statusOf({ built: built({ clouds: [aged(13, 13)] }) })).toBe(TOO_OLD);
    expect(statusOf({ built: built({ clouds: [aged(12, 12)] }) })).toBe('active: next build 14:00Z');
    const unpublished = [imageRelation({ databag: { id: 'other' } })];
    expect(statusOf({ built: built({ clouds: [aged(13, 13)] }), relations: unpublished })).toMatch(/^active/);
  });

  test('An old image does not block the unit while a build runs', () => {
    const job = { kind: 'build', buildId: 'b', subject: NOBLE, step: '', reason: 'x' } as const;
    const running = [{ ...job, startedAt: before(0) }];
    expect(statusOf({ built: built({ clouds: [aged(13, 13)], running }) })).toMatch(/^maintenance: building/);
  });

  test.each([
    ['pinned', PINNED, 'pinned: noble-x64'],
    ['paused', steered({ pausedImages: [NOBLE] }), 'paused: noble-x64'],
    ['published to a paused consumer', steered({ pausedConsumers: ['consumer'] }), 'paused: consumer'],
    ['of a unit that is paused', steered({ isPaused: true }), 'paused: everything'],
  ])('An image that is %s may be old, and the status shows it', (_, steering, note) => {
    expect(statusOf({ built: built({ clouds: [aged(13, 13)] }), steering })).toBe(
      `active: next build 14:00Z; ${note}`,
    );
  });

  test('A runner older than 25 days blocks the unit although the image is pinned, and the status names the remedy', () => {
    expect(statusOf({ built: built({ clouds: [aged(1, 25 * 24)] }) })).toMatch(/^active/);
    const message = statusOf({ built: built({ clouds: [aged(1, 25 * 24 + 1)] }), steering: PINNED });
    expect(message).toMatch(
      /^blocked: the runner in noble-x64 of consumer is older than 25 days, .* runner-version/,
    );
    expect(message).toContain(`juju run app/leader unpin image=${NOBLE}`);
  });

  test('A pinned revision that is gone is a problem with the command to run', () => {
    const builder = report('builder', {}, { revisions: [] });
    expect(statusOf({ built: built({ clouds: [builder] }), steering: PINNED })).toBe(
      `active: the pinned revision b2 of noble-x64 is gone: end the pin with juju run app/leader unpin image=${NOBLE}; pinned: noble-x64`,
    );
    const revision = { imageName: NOBLE, imageId: 'n2', buildId: 'b2', createdAt: '' };
    const found = { ...builder, revisions: [revision] };
    expect(statusOf({ built: built({ clouds: [found] }), steering: PINNED })).toMatch(/^active: next build/);
  });
});

describe('the list of problems', () => {
  test('All problems are listed in full, those that the status leaves out included', () => {
    const failure = (message: string) => ({
      ...({ kind: 'build', subject: NOBLE, cloudId: '', errorKind: 'build', message, attempts: 1 } as const),
      ...{ failedAt: before(1), nextAttemptAt: before(0) },
    });
    const refused = { kind: 'denied', type: '', message: 'HTTP 401' } as const;
    const clouds = [{ ...aged(13, 13), failure: refused }];
    const listed = listProblems(input({ built: built({ clouds, failures: [failure('m'.repeat(500))] }) }));
    expect(listed).toEqual([
      TOO_OLD.slice('blocked: '.length),
      expect.stringContaining('m'.repeat(500)),
      expect.stringMatching(/^consumer is refused by its cloud/),
    ]);
    expect(listProblems(input({}))).toEqual([]);
    expect(listProblems(input({ relations: [] }))).toEqual([
      'integrate with a charm that needs images: juju integrate app:image <runner charm>',
    ]);
  });

  test('Messages name the consumer in place of the key of its cloud', () => {
    const message = `copy to ${cloudOf(RELATION)}: quota`;
    const copy = { kind: 'copy', subject: NOBLE, cloudId: cloudOf(RELATION), errorKind: 'build' } as const;
    const failures = [{ ...copy, message, attempts: 1, failedAt: before(1), nextAttemptAt: before(0) }];
    expect(statusOf({ built: built({ failures }) })).toBe(
      `active: consumer: ${NOBLE} was not copied: copy to consumer: quota`,
    );
  });
});
