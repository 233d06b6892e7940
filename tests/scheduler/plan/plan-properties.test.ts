import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { planWork } from '../../../src/scheduler/plan/plan.ts';
import { runHidden } from './plan-hidden.ts';
import { checkServed, applyEvent, runHistory, newSimulation, runUntilQuiet } from './plan-property.ts';
import { type SimulatedEvent, anyEvent } from './simulated-events.ts';
import { Simulation } from './simulation.ts';

fc.configureGlobal({ seed: 20261121 }); // reproducible runs

const anyHistory = fc.array(anyEvent, { maxLength: 40, size: 'max' });

const PUBLISH: readonly SimulatedEvent[] = [{ event: 'dispatch' }, { event: 'dispatch' }, { event: 'day' }];

/** Histories that once broke a property. */
const KEPT_HISTORIES: readonly (readonly [string, readonly SimulatedEvent[]])[] = [
  [
    'An image that vanished is replaced after the journal is lost and the clock is set back',
    [
      { event: 'join', consumer: 0 },
      { event: 'day' },
      { event: 'day' },
      { event: 'credentials', are: 'missing' },
      { event: 'day' },
      { event: 'lose', what: 'journal' },
      { event: 'clock', hours: -30 },
      { event: 'vanish', which: 7, what: 'image' },
    ],
  ],
  [
    'An image that only another unit publishes is not pruned',
    [{ event: 'join', consumer: 0 }, { event: 'day' }, ...PUBLISH, { event: 'leader' }, ...PUBLISH],
  ],
  [
    'An image that another unit built is not replaced by the last image of this unit when it vanishes',
    [
      ...[{ event: 'join', consumer: 0 } as const, { event: 'day' } as const, { event: 'leader' } as const],
      ...[{ event: 'day' } as const, { event: 'leader' } as const],
      { event: 'vanish', which: 13, what: 'image' },
    ],
  ],
  [
    'A sweep is not repeated for ever when the clock is set back after a reboot',
    [
      { event: 'join', consumer: 0 },
      { event: 'tick' },
      { event: 'reboot', isMade: false },
      { event: 'clock', hours: -30 },
    ],
  ],
  [
    'A copy that runs for a consumer that left is not started again for another consumer of its project',
    [
      ...[{ event: 'join', consumer: 3 } as const, { event: 'day' } as const, ...PUBLISH],
      ...[{ event: 'join', consumer: 0 } as const, { event: 'join', consumer: 1 } as const],
      ...[{ event: 'tick' } as const, { event: 'leave', consumer: 0 } as const, { event: 'tick' } as const],
    ],
  ],
  [
    'Revisions of a project are pruned while only the cloud of its second consumer answers',
    [
      { event: 'channels', juju: ['3/stable'], microk8s: [] },
      ...[{ event: 'join', consumer: 1 } as const, { event: 'day' } as const],
      ...[{ event: 'join', consumer: 0 } as const, { event: 'slow', cloudId: 'c1' } as const],
      ...[{ event: 'day' } as const, { event: 'tick' } as const, ...PUBLISH, { event: 'tick' } as const],
    ],
  ],
  [
    'No layer is deleted while everything is paused',
    [
      { event: 'join', consumer: 0 },
      { event: 'channels', juju: [], microk8s: ['1.31/stable'] },
      { event: 'day' },
      { event: 'pause', what: 'all' },
      { event: 'tick' },
    ],
  ],
  [
    'A pinned revision that is unpinned before the charm publishes it causes no fault',
    [
      { event: 'join', consumer: 0 },
      { event: 'day' },
      { event: 'day' },
      { event: 'dispatch' },
      { event: 'pin', which: 0 },
      { event: 'tick' },
    ],
  ],
  [
    'No build starts from an old layer that is listed again when the layer that replaced it vanishes',
    [
      { event: 'join', consumer: 0 },
      { event: 'day' },
      { event: 'channels', juju: ['3/stable'], microk8s: ['1.31/stable'] },
      { event: 'hide' },
      { event: 'tick' },
      { event: 'cancel', which: 0 },
      { event: 'tick' },
      { event: 'day' },
      { event: 'vanish', which: 0, what: 'layer' },
      { event: 'day' },
      { event: 'vanish', which: 4, what: 'layer' },
    ],
  ],
];

/** Returns the final state after a history, without ids and times. */
function endOf(events: readonly SimulatedEvent[]): unknown {
  const simulation = newSimulation();
  for (const event of events) applyEvent(simulation, event, planWork);
  runUntilQuiet(simulation, planWork);
  const { images, requests, consumers } = simulation.desired;
  // A requested build may fail once more.
  const failures = simulation.built?.failures.filter(({ kind }) => kind !== 'build');
  const clouds = simulation.built?.clouds
    .map(({ cloudId, images: found }) => [cloudId, found.map(({ base }) => base)])
    .toSorted();
  const sorted = [...images].map(([imageName, { cloud, ...config }]) => ({
    ...{ imageName, ...config },
    cloud: { ...cloud, uploadClouds: cloud.uploadClouds.toSorted() }, // consumers joined in another order
  }));
  return {
    images: sorted,
    requests,
    failures,
    clouds,
    consumers: consumers.length,
    problems: checkServed(simulation),
  };
}

describe('any history of events', () => {
  test('After any history the plans do no harm and converge with every consumer served', () => {
    fc.assert(
      fc.property(anyHistory, (events) => {
        expect(runHistory(events, planWork)).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  test.each(KEPT_HISTORIES)('%s', (_, history) => {
    expect(runHistory(history, planWork)).toEqual([]);
  });

  test('Images that a cloud never lists are built less and less often', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 8 }), (events) => {
        expect(runHidden(events, planWork)).toEqual([]);
      }),
      { numRuns: 4 },
    );
  });

  test('The final state does not depend on the order of events', () => {
    const settings: readonly SimulatedEvent[] = [
      { event: 'join', consumer: 0 },
      { event: 'join', consumer: 1 },
      { event: 'join', consumer: 3 },
      { event: 'runner', version: '2.1.0' },
      { event: 'bases', bases: ['noble', 'jammy'] },
      { event: 'ask' },
    ];
    const anyOrder = fc.shuffledSubarray([...settings], { minLength: settings.length });
    const between = fc.array(
      fc.oneof(
        fc.constant<SimulatedEvent>({ event: 'tick' }),
        fc.constant<SimulatedEvent>({ event: 'dispatch' }),
        fc.record({ event: fc.constant('end' as const), which: fc.nat(5), isGood: fc.boolean() }),
      ),
      { maxLength: 4 },
    );
    const straight = endOf(settings);
    fc.assert(
      fc.property(anyOrder, fc.array(between, { minLength: 6, maxLength: 6 }), (order, pauses) => {
        expect(endOf(order.flatMap((event, index) => [event, ...(pauses[index] ?? [])]))).toEqual(straight);
      }),
      { numRuns: 40 },
    );
  });
});

describe('a build cloud that hangs', () => {
  /** One consumer has the newest image, and another one of the same project joins when the build cloud hangs. */
  const joinAndHang = (simulation: Simulation): Simulation => {
    const history: readonly SimulatedEvent[] = [
      ...[{ event: 'join', consumer: 0 } as const, { event: 'day' } as const, ...PUBLISH],
      { event: 'join', consumer: 1 },
      { event: 'hang', reconciles: 2, isDone: false },
    ];
    for (const event of history) applyEvent(simulation, event, planWork);
    return simulation;
  };

  test('A consumer that joins while the build cloud hangs is offered the image that its project has', () => {
    const { databags, faults } = joinAndHang(newSimulation());
    expect([databags.get(0), databags.get(1)]).toEqual([[expect.any(String)], [expect.any(String)]]);
    expect(faults).toEqual([]);
  });

  test('The properties reject a daemon that offers no image while the build cloud hangs', () => {
    class Silent extends Simulation {
      override start(plan: Parameters<Simulation['start']>[0]): void {
        super.start(plan);
        if (this.built !== undefined && this.down.has('builder')) this.built = { ...this.built, clouds: [] };
      }
    }
    const { faults } = joinAndHang(newSimulation(Silent));
    expect(faults).toEqual(Array(2).fill('c1 is not offered app-noble-x64, which it has'));
  });
});
