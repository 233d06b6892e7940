import { type Decoded, type Decoder, integer, number, optional, text } from '../decode.ts';
import { snakeFields } from '../text/snake-case.ts';

/** The measurements of a trial, as far as it came. Seconds count from the start of the trial. */
export type TrialFacts = Decoded<typeof trialFacts>;

export const trialFacts = snakeFields({
  /** The name of the runner and of its server; also the label that its job asks for. */
  runner: text,
  onlineSeconds: number,
  idleSeconds: optional(number),
  /** The id of GitHub's job. */
  jobId: optional(integer),
  jobUrl: optional(text),
  /** The conclusion of the job: `success`, or another word of GitHub's API. */
  jobConclusion: optional(text),
  /** The seconds from the start of the job to its end. */
  jobSeconds: optional(number),
}) satisfies Decoder<unknown>;
