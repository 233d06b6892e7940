import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { NO_STEERING, type Steering } from '../../../src/model/unit/steering.ts';
import { chooseOffers } from '../../../src/scheduler/plan/plan-offers.ts';
import { planWork } from '../../../src/scheduler/plan/plan.ts';
import { desiredState } from '../desired-fixtures.ts';
import { NOBLE, copyOf, describePlan, hoursAgo, image, planInput, request, seen } from './plan-fixtures.ts';
import { applyEvent, newSimulation, reconcileUntilQuiet, runUntilQuiet } from './plan-property.ts';
import { type SimulatedEvent, anyEvent } from './simulated-events.ts';

fc.configureGlobal({ seed: 20261126 }); // reproducible runs

const steered = (changes: Partial<Steering>, keepRevisions = 2) =>
  desiredState({
    steering: { ...NO_STEERING, ...changes },
    published: [{ relationId: 1, imageIds: [], isConfirmed: true }],
    build: { keepRevisions },
  });

const OLD = image('old', { createdAt: hoursAgo(9) });
const NEW = image('new', { createdAt: hoursAgo(1) });
const PINNED = { pins: [{ imageName: NOBLE, buildId: 'build-old' }] };

const offerIn = (cloudId: string, input: Parameters<typeof chooseOffers>[0]): string | undefined =>
  chooseOffers(input).get(cloudId)?.get(NOBLE)?.imageId;

describe('a pause', () => {
  test('A paused image is not built although its interval has elapsed', () => {
    const observation = [seen('builder', 'build', [OLD]), seen('red', 'red', [copyOf('old')])];
    const desired = steered({ pausedImages: [NOBLE] });
    expect(describePlan(planInput({ desired, observation }))).toEqual([
      `${NOBLE}: paused: the image is paused`,
    ]);
  });

  test('A build that an action requested starts although everything is paused, and goes to no consumer', () => {
    const desired = { ...steered({ isPaused: true }), requests: [request('7', 'b7')] };
    const observation = [seen('builder', 'build', []), seen('red', 'red', [])];
    expect(describePlan(planInput({ desired, observation }))).toEqual([
      `build ${NOBLE} → : asked by action 7`,
    ]);
  });

  test('A paused consumer gets no copy, and the plan says why', () => {
    const observation = [seen('builder', 'build', [NEW]), seen('red', 'red', [])];
    const desired = steered({ pausedConsumers: ['red'] });
    expect(describePlan(planInput({ desired, observation }))).toContain(
      `${NOBLE} to red: paused: consumer red`,
    );
  });

  test('A build does not copy to a paused consumer whose cloud is being queried', () => {
    const observation = [seen('builder', 'build', [])];
    const projects = new Map([['red', 'red']]);
    const desired = steered({ pausedConsumers: ['red'] });
    const [build] = describePlan(planInput({ desired, observation, projects }));
    expect(build).toBe(`build ${NOBLE} → : never built`);
  });

  test('A project that a paused consumer shares with another one gets copies', () => {
    const consumers = ['red', 'blue'].map((name, index) => ({
      ...{ relationId: index, unit: `${name}/0`, cloudId: name },
    }));
    const desired = desiredState({
      consumers,
      steering: { ...NO_STEERING, pausedConsumers: ['red'] },
    });
    const observation = [
      seen('builder', 'build', [NEW]),
      ...consumers.map(({ cloudId }) => seen(cloudId, 'shared', [])),
    ];
    expect(describePlan(planInput({ desired, observation }))).toContain(`copy ${NOBLE} → red: new consumer`);
  });

  test('Nothing is pruned while everything is paused', () => {
    const old = [OLD, image('older', { createdAt: hoursAgo(12) })];
    const observation = [seen('builder', 'build', [NEW, ...old]), seen('red', 'red', [])];
    expect(describePlan(planInput({ desired: steered({ isPaused: true }, 1), observation }))).toContain(
      'prune: paused: everything is paused',
    );
  });
});

describe('a pin', () => {
  test('The pinned revision is offered in place of a newer one, and is not pruned in any cloud', () => {
    const observation = [
      seen('builder', 'build', [NEW, OLD, image('older', { createdAt: hoursAgo(12) })]),
      seen('red', 'red', [copyOf('new'), copyOf('old', { buildId: 'build-old' })]),
    ];
    const input = planInput({ desired: steered(PINNED, 1), observation });
    expect(offerIn('red', input)).toBe('old-copy');
    const prunes = planWork(input).flatMap((entry) => (entry.act === 'prune' ? entry.deletableIds : []));
    expect(prunes).toEqual(['older']);
  });

  test('The pinned revision is copied to a consumer without it, and no newer one is', () => {
    const observation = [seen('builder', 'build', [NEW, OLD]), seen('red', 'red', [copyOf('new')])];
    const input = planInput({ desired: steered(PINNED), observation });
    expect(describePlan(input)).toContain(`copy ${NOBLE} → red: pinned revision`);
    expect(offerIn('red', input)).toBeUndefined();
  });

  test('The published image stays until the pinned revision is copied', () => {
    const published = [{ relationId: 1, imageIds: ['new-copy'], isConfirmed: true }];
    const desired = { ...steered(PINNED), published };
    const observation = [seen('builder', 'build', [NEW, OLD]), seen('red', 'red', [copyOf('new')])];
    expect(offerIn('red', planInput({ desired, observation }))).toBe('new-copy');
  });

  test('A copy of the pinned revision is offered although the build cloud lost the revision', () => {
    const copies = [copyOf('new'), copyOf('old', { buildId: 'build-old' })];
    const observation = [seen('builder', 'build', [NEW]), seen('red', 'red', copies)];
    const input = planInput({ desired: steered(PINNED), observation });
    expect(offerIn('red', input)).toBe('old-copy');
    expect(describePlan(input)).toContain(
      `${NOBLE}: pinned to build build-old, which the build cloud does not have`,
    );
  });

  test('After any history a pinned revision is published to every consumer', () => {
    const anyHistory = fc.array(anyEvent, { maxLength: 20, size: 'max' });
    fc.assert(
      fc.property(anyHistory, fc.nat(20), (events: readonly SimulatedEvent[], which) => {
        const simulation = newSimulation();
        for (const event of events) applyEvent(simulation, event, planWork);
        runUntilQuiet(simulation, planWork);
        applyEvent(simulation, { event: 'pin', which }, planWork);
        const [pin] = simulation.desired.steering.pins;
        reconcileUntilQuiet(simulation, planWork);
        expect(simulation.faults).toEqual([]);
        for (const { cloudId, relationId } of simulation.desired.consumers) {
          const ids = simulation.databags.get(relationId) ?? [];
          const shown = simulation
            .imagesOf(cloudId)
            .filter(({ id, name }) => ids.includes(id) && name === pin?.imageName);
          expect(shown.map(({ buildId }) => buildId)).toEqual([pin?.buildId]);
        }
      }),
      { numRuns: 30 },
    );
  });
});
