import type { Built } from '../../model/unit/built.ts';
import type { Steering } from '../../model/unit/steering.ts';
import type { UnitStatus } from '../../model/unit/unit-status.ts';
import type { ImageRelation } from '../relations/consumers.ts';
import { cutLine, joinParts } from './status-line.ts';

/** The facts that a status is derived from. */
export interface StatusInput {
  readonly application: string;
  /** The problems of options and secrets. */
  readonly problems: readonly string[];
  readonly relations: readonly ImageRelation[];
  readonly built: Built | undefined;
  /** The minutes for which the daemon has been silent; undefined when it is not. */
  readonly silentMinutes?: number | undefined;
  /** Reports whether any relation offers an image. */
  readonly isServed: boolean;
  /** The consumers with credentials but without an image. */
  readonly unserved: readonly string[];
  /** The names of the desired images. */
  readonly imageNames: readonly string[];
  readonly steering: Steering;
  /** Undefined while options are invalid. */
  readonly intervalHours: number | undefined;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** A status input with a report of the daemon. */
export interface ReportedInput extends StatusInput {
  readonly built: Built;
}

/** The status of a rule; undefined when the rule does not apply. */
export type RuleResult = Finding | undefined;

/** A condition that a rule has found. */
export interface Finding {
  readonly name: UnitStatus['name'];
  /** The most important one first. */
  readonly parts: readonly string[];
  /** Reports whether the parts are problems, which are also logged. */
  readonly isProblem: boolean;
  /** Reports whether the status has only the beginning of each part, which may quote a foreign text. */
  readonly isCut: boolean;
}

/** A rule that derives a status from its input. */
export type StatusRule<I> = (input: I) => RuleResult;

/** Returns the findings of all rules that apply, the most important one first. */
export function listFindings<I>(rules: readonly StatusRule<I>[], input: I): readonly Finding[] {
  return rules.flatMap((rule) => rule(input) ?? []);
}

/** Returns a finding of several problems. */
export function problem(name: UnitStatus['name'], parts: readonly string[]): Finding {
  return { name, parts, isProblem: true, isCut: false };
}

/** Returns a finding of problems, of each of which the status has at most 200 characters. */
export function cutProblem(name: UnitStatus['name'], ...parts: readonly string[]): Finding {
  return { name, parts, isProblem: true, isCut: true };
}

/** Returns a finding that is not a problem. */
export function progress(name: UnitStatus['name'], parts: readonly string[]): Finding {
  return { name, parts, isProblem: false, isCut: false };
}

/** Returns the status that shows a finding. The notes follow its parts. */
export function statusOf({ name, parts, isCut }: Finding, notes: readonly string[] = []): UnitStatus {
  return { name, message: joinParts([...(isCut ? parts.map(cutLine) : parts), ...notes]) };
}
