import { ARCHES, type Arch } from '../image/arch.ts';
import { BASES, type Base } from '../image/base.ts';
import { type Decoder, anyString, fields, integer, oneOf, optional, text, uuid } from '../decode.ts';
import { JOB_KINDS, type JobKind } from './job-kind.ts';

/** The end of a job, or of its copy to one cloud, as hooks write it to the log of Juju. */
export interface JobEnd {
  readonly kind: JobKind;
  readonly buildId: string;
  readonly subject: string;
  /** Empty for the build cloud, and for a job that concerns several clouds. */
  readonly cloudId: string;
  /** ISO 8601, UTC. */
  readonly endedAt: string;
  readonly seconds: number;
  readonly outcome: 'succeeded' | 'failed' | 'cancelled';
  /** The image that was built or copied; absent otherwise. */
  readonly imageId?: string | undefined;
  /** The content of the image that was built; absent otherwise. */
  readonly arch?: Arch | undefined;
  readonly base?: Base | undefined;
  /** The number of things that a prune deleted; absent otherwise. */
  readonly deleted?: number | undefined;
  /** The cause of a failure, or the action that cancelled the job; absent for a success. */
  readonly reason?: string | undefined;
  /** ISO 8601, UTC; absent when the job is not repeated, or did not fail. */
  readonly nextAttemptAt?: string | undefined;
}

/** Decodes the end of a job; built.json and the journal contain the same fields. */
export const jobEnd: Decoder<JobEnd> = fields({
  kind: oneOf(JOB_KINDS),
  buildId: text,
  subject: text,
  cloudId: anyString,
  endedAt: text,
  seconds: integer,
  outcome: oneOf(['succeeded', 'failed', 'cancelled']),
  imageId: optional(uuid),
  arch: optional(oneOf(ARCHES)),
  base: optional(oneOf(Object.keys(BASES) as readonly Base[])),
  deleted: optional(integer),
  reason: optional(anyString),
  nextAttemptAt: optional(text),
});
