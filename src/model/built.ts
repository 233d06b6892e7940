import { ARCHES, type Arch } from './arch.ts';
import { BASES, type Base } from './base.ts';
import { type Decoder, anyString, decode, fields, integer, list, oneOf, optional, text } from './decode.ts';
import { FAILURE_KINDS, type FailureKind, InputError } from './errors.ts';
import { parseJsonText } from './json-text.ts';

/** The newest active image of one run config in one cloud, in the seed's words. */
export interface CloudImage {
  readonly arch: Arch;
  readonly base: Base;
  readonly cloudId: string;
  readonly imageId: string;
  readonly juju: string;
  readonly microk8s: string;
}

/** What the token of one entry of clouds.yaml sees. */
export interface CloudReport {
  readonly cloudId: string;
  /** Why nothing is known of it now; absent: it answered. What stands below is then what it said last. */
  readonly failure: { readonly kind: FailureKind; readonly message: string } | undefined;
  /** The newest active image of each run config, in the matrix's order; a config without one is left out. */
  readonly images: readonly CloudImage[];
  /** Every active image of ours, also of earlier configs: what may stay published. */
  readonly activeIds: readonly string[];
}

/** What a job does. */
export type JobKind = 'prepare' | 'build' | 'copy' | 'prune';

const JOB_KINDS = ['prepare', 'build', 'copy', 'prune'] as const;

/** A process of the builder that runs now. */
export interface RunningJob {
  readonly kind: JobKind;
  readonly buildId: string;
  /** The image's name, or the base that is prepared. */
  readonly subject: string;
  /** The step it is at; empty before the first. */
  readonly step: string;
  readonly reason: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
}

/** A job that failed and has not come through since. */
export interface JobFailure {
  readonly kind: JobKind;
  readonly subject: string;
  /** Empty: the build cloud. */
  readonly cloudId: string;
  readonly errorKind: FailureKind;
  readonly message: string;
  readonly failedAt: string;
  /** How often, in a row. */
  readonly attempts: number;
  readonly nextAttemptAt: string;
}

/** What the daemon tells the charm: built.json. No secret is in it. */
export interface Built {
  readonly format: 1;
  /** Grows whenever anything below changes. */
  readonly generation: number;
  /** Of the desired state that it was planned from. */
  readonly desiredGeneration: number;
  readonly clouds: readonly CloudReport[];
  readonly running: readonly RunningJob[];
  /** Of the builds that are under way: how many have ended, and how many there are. */
  readonly batch: { readonly done: number; readonly total: number };
  readonly failures: readonly JobFailure[];
  /** Actions whose builds have all ended, the newest last. */
  readonly answered: readonly string[];
  /** Builds that open requests ask for and that have ended: a later request gets another one. */
  readonly endedBuilds: readonly string[];
  /** ISO 8601, UTC; absent while it cannot be told. */
  readonly nextBuildAt: string | undefined;
  /** Why the daemon does nothing at all; absent: it works. */
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

/** How a JobFailure is read: the daemon's journal has them too. */
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

/** Reads built.json's text. Throws InputError when it is not one that this version writes. */
export function parseBuilt(json: string): Built {
  const value = parseJsonText(json, 'built.json');
  return decode(decoder, value, 'built.json', (problems) => new InputError(problems));
}
