import { type Decoder, fields, flag, integer, oneOf, optional, text, usableList, uuid } from '../decode.ts';
import { type Trial, trial } from './trial.ts';

/** Work other than a build that an action requested. */
export interface JobRequest {
  /** The action's task id. */
  readonly action: string;
  /** `cancel` stops the job `jobId`. The others start it. */
  readonly kind: (typeof REQUEST_KINDS)[number];
  readonly jobId: string;
  /** Present for a prune only, which deletes nothing unless it is false. */
  readonly isDryRun?: boolean | undefined;
  /** Present for a trial only. */
  readonly trial?: Trial | undefined;
}

/** `prune-former` prunes what the Python charm left in the clouds. */
const REQUEST_KINDS = ['cancel', 'prune', 'prune-former', 'preflight', 'trial'] as const;

/** The images of the Python charm whose ids were in the databag of a relation that has images of this charm now. */
export interface FormerImages {
  readonly relationId: number;
  readonly imageIds: readonly string[];
}

export const jobRequest: Decoder<JobRequest> = fields({
  action: text,
  kind: oneOf(REQUEST_KINDS),
  jobId: text,
  isDryRun: optional(flag),
  trial: optional(trial),
});

export const formerImages: Decoder<FormerImages> = fields({
  relationId: integer,
  imageIds: usableList(uuid),
});
