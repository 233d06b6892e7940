import fc from 'fast-check';
import { LAYER_HISTORIES } from './layer-mutants.ts';
import type { Planner } from './plan-checks.ts';
import { runHistory } from './plan-property.ts';
import { type SimulatedEvent, anyEvent } from './simulated-events.ts';

const JOIN: readonly SimulatedEvent[] = [
  { event: 'join', consumer: 0 },
  { event: 'dispatch' },
  { event: 'day' },
];
const UPLOAD: SimulatedEvent = { event: 'forge', cloudId: 'c0', how: 'upload' };

const PUBLISH: readonly SimulatedEvent[] = [{ event: 'dispatch' }, { event: 'dispatch' }, { event: 'day' }];

/** Histories that random ones seldom contain. */
const RARE: readonly (readonly SimulatedEvent[])[] = [
  ...LAYER_HISTORIES,
  [
    ...JOIN,
    { event: 'ask' },
    { event: 'tick' },
    { event: 'end', which: 0, isGood: true },
    { event: 'tick' },
    { event: 'dispatch' },
    { event: 'pass', hours: 1 },
    { event: 'vanish', which: 1, what: 'image' },
  ],
  [...JOIN, ...PUBLISH, { event: 'leader' }, ...PUBLISH], // the first unit still publishes the first image
  [
    ...[...JOIN, ...PUBLISH, { event: 'ask' } as const, { event: 'tick' } as const],
    { event: 'hang', reconciles: 2, isDone: true },
    { event: 'pass', hours: 1 },
    { event: 'tick' },
  ],
  [...JOIN, ...PUBLISH, { event: 'join', consumer: 1 }, { event: 'hang', reconciles: 2, isDone: false }],
  [...JOIN, UPLOAD, UPLOAD, UPLOAD, { event: 'tick' }],
  [
    ...[...JOIN, { event: 'schedule', is: 'window' } as const, { event: 'pass', hours: 25 } as const],
    ...[
      { event: 'tick' } as const,
      { event: 'end', which: 0, isGood: true } as const,
      { event: 'tick' } as const,
    ],
  ],
  [{ event: 'join', consumer: 0 }, { event: 'tick' }, { event: 'reboot', isMade: false }],
  [{ event: 'join', consumer: 0 }, { event: 'tick' }, { event: 'cancel', which: 0 }, { event: 'tick' }],
  [...JOIN, { event: 'dispatch' }, { event: 'lose', what: 'journal' }, UPLOAD, { event: 'tick' }],
  [
    ...JOIN,
    { event: 'ask' },
    { event: 'tick' },
    { event: 'end', which: 0, isGood: false },
    { event: 'pass', hours: 1 },
    { event: 'tick' },
  ],
  [...JOIN, ...PUBLISH, { event: 'day' }, { event: 'day' }, { event: 'day' }, { event: 'tick' }],
  [
    ...[...JOIN, ...PUBLISH, ...PUBLISH, { event: 'pin', which: 0 } as const],
    ...[...PUBLISH, { event: 'bases', bases: ['jammy'] } as const, ...PUBLISH, ...PUBLISH, ...PUBLISH],
  ],
  [...JOIN, { event: 'dispatch' }, { event: 'pause', what: 0 }, ...PUBLISH, ...PUBLISH, { event: 'tick' }],
  [...JOIN, ...PUBLISH, ...PUBLISH, { event: 'pause', what: 'all' }, ...PUBLISH, { event: 'tick' }],
];

/** Returns the faults of a planner; undefined without any. */
export function findFault(planner: Planner): string | undefined {
  const rare = RARE.flatMap((events) => runHistory(events, planner));
  if (rare.length > 0) return rare.join('; ');
  const anyHistory = fc.array(anyEvent, { maxLength: 40, size: 'max' });
  const hasNoFault = fc.property(anyHistory, (events) => runHistory(events, planner).length === 0);
  const run = fc.check(hasNoFault, { numRuns: 150, seed: 2026, endOnFailure: true });
  if (!run.failed) return undefined;
  const [events] = run.counterexample ?? [[]];
  return runHistory(events, planner).join('; ');
}
