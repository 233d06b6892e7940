import type { Built } from '../../model/built.ts';
import type { UnitStatus } from '../../model/unit-status.ts';
import type { ImageRelation } from '../relations/consumers.ts';

/** The facts that a status is derived from. */
export interface StatusInput {
  readonly application: string;
  /** The problems of options and secrets. */
  readonly problems: readonly string[];
  readonly relations: readonly ImageRelation[];
  readonly built: Built | undefined;
  /** Reports whether any relation offers an image. */
  readonly isServed: boolean;
  /** The relations with credentials but without an image: `image:4 (other)`. */
  readonly unserved: readonly string[];
}

/** A status input with a report of the daemon. */
export interface ReportedInput extends StatusInput {
  readonly built: Built;
}

/** The status of a rule; undefined when the rule does not apply. */
export type RuleResult = UnitStatus | undefined;

/** A rule that derives a status from its input. */
export type StatusRule<I> = (input: I) => RuleResult;

/** Returns the status of the first rule that applies. */
export function findStatus<I>(rules: readonly StatusRule<I>[], input: I): RuleResult {
  for (const rule of rules) {
    const status = rule(input);
    if (status !== undefined) return status;
  }
  return undefined;
}
