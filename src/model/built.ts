import { ARCHES, type Arch } from './arch.ts';
import { BASES, type Base } from './base.ts';
import { type Decoder, anyString, decode, fields, integer, list, oneOf, optional, text } from './decode.ts';
import { FAILURE_KINDS, type FailureKind, InputError } from './errors.ts';
import { parseJsonText } from './json-text.ts';

/** The newest active image of one run config in one cloud. */
export interface CloudImage {
  readonly arch: Arch;
  readonly base: Base;
  readonly cloudId: string;
  readonly imageId: string;
  readonly juju: string;
  readonly microk8s: string;
}

/** The images that the token of one entry of clouds.yaml sees. */
export interface CloudReport {
  readonly cloudId: string;
  /** Present when the last query failed; the fields below are then those of the last successful query. */
  readonly failure: { readonly kind: FailureKind; readonly message: string } | undefined;
  /** The newest active image of each run config, in the matrix's order; a config without one is left out. */
  readonly images: readonly CloudImage[];
  /** Every active image of this application, those of earlier configs included. All of them may stay published. */
  readonly activeIds: readonly string[];
}

/** The kinds of jobs. */
export type JobKind = 'prepare' | 'build' | 'copy' | 'prune';

const JOB_KINDS = ['prepare', 'build', 'copy', 'prune'] as const;

/** A job whose process runs now. */
export interface RunningJob {
  readonly kind: JobKind;
  readonly buildId: string;
  /** The image's name, or the base that is prepared. */
  readonly subject: string;
  /** The current step; empty before the first step. */
  readonly step: string;
  readonly reason: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
}

/** A job that failed and has not succeeded since. */
export interface JobFailure {
  readonly kind: JobKind;
  readonly subject: string;
  /** Empty for the build cloud. */
  readonly cloudId: string;
  readonly errorKind: FailureKind;
  readonly message: string;
  readonly failedAt: string;
  /** The number of consecutive failed attempts. */
  readonly attempts: number;
  readonly nextAttemptAt: string;
}

/** The observed state, written by the daemon and read by the charm: built.json. It holds no secret. */
export interface Built {
  readonly format: 1;
  /** Increases with every change of the fields below. */
  readonly generation: number;
  /** The generation of the desired state that the daemon last planned from. */
  readonly desiredGeneration: number;
  readonly clouds: readonly CloudReport[];
  readonly running: readonly RunningJob[];
  /** The builds of the current batch: the number that have ended, and the number of all. */
  readonly batch: { readonly done: number; readonly total: number };
  readonly failures: readonly JobFailure[];
  /** The actions whose builds have all ended, the newest last. */
  readonly answered: readonly string[];
  /** The ended builds of requests that are not answered yet. A later request does not join them: it gets a new build. */
  readonly endedBuilds: readonly string[];
  /** ISO 8601, UTC; absent while it is not known. */
  readonly nextBuildAt: string | undefined;
  /** The reason why the daemon does nothing; absent while it works. */
  readonly idleReason: string | undefined;
}

const cloudImage: Decoder<CloudImage> = fields({
  arch: oneOf(ARCHES),
  base: oneOf(Object.keys(BASES) as readonly Base[]),
  cloudId: text,
  imageId: text,
  juju: anyString,
  microk8s: anyString,
});

/** The decoders of a JobFailure's fields, shared with the daemon's journal. */
export const JOB_FAILURE_FIELDS = {
  kind: oneOf(JOB_KINDS),
  subject: text,
  cloudId: anyString,
  errorKind: oneOf(FAILURE_KINDS),
  message: anyString,
  failedAt: text,
  attempts: integer,
  nextAttemptAt: text,
};

const decoder: Decoder<Built> = fields({
  format: oneOf([1]),
  generation: integer,
  desiredGeneration: integer,
  clouds: list(
    fields({
      cloudId: text,
      failure: optional(fields({ kind: oneOf(FAILURE_KINDS), message: anyString })),
      images: list(cloudImage),
      activeIds: list(text),
    }),
  ),
  running: list(
    fields({
      kind: oneOf(JOB_KINDS),
      buildId: text,
      subject: text,
      step: anyString,
      reason: anyString,
      startedAt: text,
    }),
  ),
  batch: fields({ done: integer, total: integer }),
  failures: list(fields(JOB_FAILURE_FIELDS)),
  answered: list(text),
  endedBuilds: list(text),
  nextBuildAt: optional(text),
  idleReason: optional(text),
});

/** Decodes the text of built.json. Throws InputError when it does not have the format of this version. */
export function parseBuilt(json: string): Built {
  const value = parseJsonText(json, 'built.json');
  return decode(decoder, value, 'built.json', (problems) => new InputError(problems));
}
