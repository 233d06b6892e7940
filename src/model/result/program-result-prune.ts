import { type Decoder, anyString, list, oneOf } from '../decode.ts';
import { type AnswerOf, type PrunedImage, type ResultLog, encodeResult } from './program-result-common.ts';
import { snakeFields } from '../text/snake-case.ts';

/** The result of pruning one thing in one of several clouds. */
export interface PrunedThing extends PrunedImage {
  readonly cloud: string;
  readonly kind: 'image' | 'server' | 'keypair';
  readonly name: string;
}

const prunedThing: Decoder<PrunedThing> = snakeFields({
  cloud: anyString,
  kind: oneOf(['image', 'server', 'keypair']),
  id: anyString,
  name: anyString,
  createdAt: anyString,
  outcome: oneOf(['kept', 'deleted', 'would be deleted', 'failed']),
  reason: anyString,
});

/** The shape of the result of a job `prune-clouds`. */
export const PRUNE_CLOUDS = { things: list(prunedThing) };

export function encodePruneCloudsResult(answer: AnswerOf<typeof PRUNE_CLOUDS>, log: ResultLog): string {
  return encodeResult(PRUNE_CLOUDS, answer, log);
}
