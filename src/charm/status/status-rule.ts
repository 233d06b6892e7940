import type { Built } from '../../model/built.ts';
import type { UnitStatus } from '../../model/unit-status.ts';
import type { ImageRelation } from '../relations/consumers.ts';

/** What a status follows from. */
export interface StatusInput {
  readonly application: string;
  /** What is wrong with options and secrets. */
  readonly problems: readonly string[];
  readonly relations: readonly ImageRelation[];
  readonly built: Built | undefined;
  /** Does any relation offer an image? */
  readonly isServed: boolean;
  /** Which of the relations with credentials offer none: `image:4 (other)`. */
  readonly unserved: readonly string[];
}

/** A status input whose daemon has reported. */
export interface ReportedInput extends StatusInput {
  readonly built: Built;
}

/** A rule gives a status when it applies. */
export type StatusRule<I> = (input: I) => UnitStatus | undefined;

/** What the first rule that applies gives. */
export function firstOf<I>(rules: readonly StatusRule<I>[], input: I): UnitStatus | undefined {
  for (const rule of rules) {
    const status = rule(input);
    if (status !== undefined) return status;
  }
  return undefined;
}
