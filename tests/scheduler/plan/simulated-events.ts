import fc from 'fast-check';
import type { SimulatedSchedule } from './simulated-units.ts';

export type SimulatedEvent =
  | { readonly event: 'slots'; readonly max: number }
  | { readonly event: 'tick' | 'day' | 'dispatch' | 'ask' | 'recover' | 'hide' | 'leader' }
  | { readonly event: 'hang'; readonly reconciles: number; readonly isDone: boolean }
  | { readonly event: 'cancel'; readonly which: number }
  | { readonly event: 'reboot'; readonly isMade: boolean }
  | { readonly event: 'schedule'; readonly is: SimulatedSchedule }
  | { readonly event: 'lose'; readonly what: 'journal' | 'built' | 'sources' }
  | { readonly event: 'forge'; readonly cloudId: string; readonly how: 'upload' | 'edit' }
  | { readonly event: 'join' | 'leave'; readonly consumer: number }
  | { readonly event: 'end'; readonly which: number; readonly isGood: boolean }
  | { readonly event: 'down' | 'slow'; readonly cloudId: string }
  | { readonly event: 'credentials'; readonly are: 'ready' | 'missing' | 'outdated' }
  | { readonly event: 'clock' | 'pass'; readonly hours: number }
  | { readonly event: 'runner'; readonly version: string }
  | { readonly event: 'bases'; readonly bases: readonly ('noble' | 'jammy')[] }
  | { readonly event: 'pin'; readonly which: number }
  | { readonly event: 'pause'; readonly what: 'all' | 'image' | number }
  | { readonly event: 'resume' | 'unpin' }
  | { readonly event: 'channels'; readonly juju: readonly string[]; readonly microk8s: readonly string[] }
  | { readonly event: 'flavor'; readonly name: string }
  | { readonly event: 'layers'; readonly are: LayerFault }
  | { readonly event: 'vanish'; readonly which: number; readonly what: 'image' | 'layer' };

/** A fault of all layers from now on: they fail, they are never listed, or they save no time. */
export type LayerFault = 'broken' | 'unlisted' | 'slow';

const consumer = fc.integer({ min: 0, max: 3 });
const which = fc.nat(20);

export const anyEvent: fc.Arbitrary<SimulatedEvent> = fc.oneof(
  { weight: 8, arbitrary: fc.constant({ event: 'tick' } as const) },
  { weight: 6, arbitrary: fc.record({ event: fc.constant('end' as const), which, isGood: fc.boolean() }) },
  { weight: 4, arbitrary: fc.constant({ event: 'dispatch' } as const) },
  { weight: 4, arbitrary: fc.constant({ event: 'day' } as const) },
  {
    weight: 1,
    arbitrary: fc.record({ event: fc.constant('slots' as const), max: fc.integer({ min: 1, max: 2 }) }),
  },
  { weight: 3, arbitrary: fc.record({ event: fc.constant('join' as const), consumer }) },
  { weight: 1, arbitrary: fc.record({ event: fc.constant('leave' as const), consumer }) },
  {
    weight: 2,
    arbitrary: fc.record({ event: fc.constant('pass' as const), hours: fc.constantFrom(0.1, 1, 8, 25) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ event: fc.constant('clock' as const), hours: fc.constantFrom(-30, -2, 2, 30) }),
  },
  { weight: 2, arbitrary: fc.constant({ event: 'ask' } as const) },
  {
    weight: 1,
    arbitrary: fc.record({ event: fc.constant('runner' as const), version: fc.constantFrom('', '2.1.0') }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      event: fc.constant('bases' as const),
      bases: fc.constantFrom<readonly ('noble' | 'jammy')[]>(['noble'], ['noble', 'jammy'], ['jammy']),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      event: fc.constant('down' as const),
      cloudId: fc.constantFrom('builder', 'c0', 'c1', 'c2'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      event: fc.constant('slow' as const),
      cloudId: fc.constantFrom('c0', 'c1', 'c2', 'c3'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      event: fc.constant('hang' as const),
      reconciles: fc.integer({ min: 1, max: 3 }),
      isDone: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ event: fc.constant('cancel' as const), which }) },
  { weight: 1, arbitrary: fc.record({ event: fc.constant('reboot' as const), isMade: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant({ event: 'leader' } as const) },
  {
    weight: 1,
    arbitrary: fc.record({
      event: fc.constant('schedule' as const),
      is: fc.constantFrom('age' as const, 'times' as const, 'window' as const),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ event: 'recover' } as const) },
  { weight: 1, arbitrary: fc.constant({ event: 'hide' } as const) },
  {
    weight: 2,
    arbitrary: fc.record({
      event: fc.constant('lose' as const),
      what: fc.constantFrom('journal' as const, 'journal' as const, 'built' as const, 'sources' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      event: fc.constant('forge' as const),
      cloudId: fc.constantFrom('c0', 'c1', 'c2'),
      how: fc.constantFrom('upload' as const, 'edit' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ event: fc.constant('pin' as const), which }) },
  { weight: 1, arbitrary: fc.constant({ event: 'unpin' } as const) },
  {
    weight: 1,
    arbitrary: fc.record({
      event: fc.constant('pause' as const),
      what: fc.oneof(fc.constantFrom('all' as const, 'image' as const), consumer),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ event: 'resume' } as const) },
  {
    weight: 2,
    arbitrary: fc.record({
      event: fc.constant('channels' as const),
      juju: fc.constantFrom<readonly string[]>([], ['3/stable']),
      microk8s: fc.constantFrom<readonly string[]>([], ['1.31/stable']),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ event: fc.constant('flavor' as const), name: fc.constantFrom('', 'large') }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      event: fc.constant('layers' as const),
      are: fc.constantFrom('broken' as const, 'unlisted' as const, 'slow' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      event: fc.constant('vanish' as const),
      which,
      what: fc.constantFrom('image' as const, 'layer' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      event: fc.constant('credentials' as const),
      are: fc.constantFrom('ready' as const, 'ready' as const, 'missing' as const, 'outdated' as const),
    }),
  },
);
