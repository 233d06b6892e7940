import type { FaultRule } from './server/fault-injector.ts';

/** The behaviours of a cloud that must not delay the consumers of others. */
export const BAD_CLOUDS = {
  hangs: { at: 'any', fault: 'hang' },
  'sends without end': { at: 'any', fault: 'endless body' },
  'is ten times slower': { at: 'any', fault: { slow: 500 } },
} as const satisfies Record<string, FaultRule>;
