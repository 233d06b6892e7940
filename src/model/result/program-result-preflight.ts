import { type Decoder, anyString, list, oneOf, text } from '../decode.ts';
import { type AnswerOf, type ResultLog, encodeResult } from './program-result-common.ts';
import { snakeFields } from '../text/snake-case.ts';

/** One check of a preflight. */
export interface PreflightCheck {
  /** The key of the cloud in clouds.yaml; empty when the check concerns no cloud. */
  readonly cloud: string;
  readonly name: string;
  readonly outcome: 'ok' | 'failed' | 'skipped';
  readonly reason: string;
  /** The remedy; empty when there is none, or when the reason names it. */
  readonly advice: string;
}

const check: Decoder<PreflightCheck> = snakeFields({
  cloud: anyString,
  name: text,
  outcome: oneOf(['ok', 'failed', 'skipped']),
  reason: anyString,
  advice: anyString,
});

/** The shape of the result of `preflight`. */
export const PREFLIGHT = { checks: list(check) };

export function encodePreflightResult(answer: AnswerOf<typeof PREFLIGHT>, log: ResultLog): string {
  return encodeResult(PREFLIGHT, answer, log);
}
