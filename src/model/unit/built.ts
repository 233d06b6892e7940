import { ARCHES, type Arch } from '../image/arch.ts';
import { BASES, type Base } from '../image/base.ts';
import {
  type Decoder,
  anyString,
  decode,
  fields,
  integer,
  list,
  number,
  oneOf,
  optional,
  text,
  usableList,
  uuid,
  withDefault,
} from '../decode.ts';
import { FAILURE_KINDS, type FailureKind, InputError } from '../errors.ts';
import { type ImageSource, imageSource } from '../image/image-source.ts';
import { type JobEnd, jobEnd } from '../job/job-end.ts';
import { JOB_KINDS, type JobKind } from '../job/job-kind.ts';
import { parseJsonText } from '../text/json-text.ts';

/** The image of one run config to publish in one cloud. */
export interface CloudImage {
  readonly arch: Arch;
  readonly base: Base;
  readonly cloudId: string;
  readonly imageId: string;
  readonly juju: string;
  readonly microk8s: string;
  /** Absent unless the build cloud listed the source when the image was chosen. */
  readonly source?: ImageSource | undefined;
  /** Absent when the report was written by an earlier version. */
  readonly details?: ImageDetails | undefined;
}

/** The properties of an image that are shown to people. */
interface ImageDetails {
  /** ISO 8601 in Glance's form; empty when Glance gives no time. */
  readonly createdAt: string;
  /** In bytes; absent while Glance does not know it. */
  readonly size?: number | undefined;
  /** The version of the GitHub runner; absent when the image has no record of it. */
  readonly runnerVersion?: string | undefined;
  /** ISO 8601: the time since which the runner may have been outdated; absent when it is not known. */
  readonly runnerSince?: string | undefined;
}

/** An active image of one build in one cloud. */
export interface ImageRevision {
  readonly imageName: string;
  readonly imageId: string;
  /** The same for an image and its copies. */
  readonly buildId: string;
  /** ISO 8601 in Glance's form; empty when Glance gives no time. */
  readonly createdAt: string;
}

/** Why the last query of a cloud failed. */
export interface CloudFailure {
  readonly kind: FailureKind;
  /** The name of the error's class; empty when it is not known. */
  readonly type: string;
  readonly message: string;
}

/** The images that the token of one entry of clouds.yaml sees. */
export interface CloudReport {
  readonly cloudId: string;
  /** Present when the last query failed; the fields below are then those of the last successful query. */
  readonly failure: CloudFailure | undefined;
  /** The image to publish of each run config, in the matrix's order; a config without one is left out. */
  readonly images: readonly CloudImage[];
  /** Every active image of this application, those of earlier configs included. All of them may stay published. */
  readonly activeIds: readonly string[];
  /**
   * The revisions of the desired images that may be published, the newest of each name first. Those that a prune is about
   * to delete are left out. Absent when the report was written by an earlier version.
   */
  readonly revisions?: readonly ImageRevision[] | undefined;
}

/** Work that is not done now. */
export interface SkippedWork {
  readonly subject: string;
  readonly reason: string;
  /** ISO 8601, UTC: the time from which it may be done; absent when only an event ends the wait. */
  readonly until?: string | undefined;
  /** The name of the layer that it waits for; absent for other work. */
  readonly layer?: string | undefined;
}

/** A job whose process runs now. */
export interface RunningJob {
  readonly kind: JobKind;
  readonly buildId: string;
  /** The name of the image or layer, or the base that is prepared. */
  readonly subject: string;
  /** The current step; empty before the first step. */
  readonly step: string;
  readonly reason: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** The name of the layer that it starts from; absent without one. */
  readonly layer?: string | undefined;
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
  /** The port on the loopback at which the daemon serves metrics; absent while it serves none. */
  readonly metricsPort: number | undefined;
  /** The port on the loopback at which the daemon serves the status page; absent while it serves none there. */
  readonly pagePort?: number | undefined;
  /** The work that the last plan does not do now. Absent when the report was written by an earlier version. */
  readonly skipped?: readonly SkippedWork[] | undefined;
  /** The newest ends of jobs, the newest last. Absent when the report was written by an earlier version. */
  readonly ended?: readonly JobEnd[] | undefined;
  /** ISO 8601, UTC: the last sign of life of the daemon, which does not change the generation. */
  readonly heartbeatAt?: string | undefined;
}

/** Two intervals of Juju's update-status would be 10 minutes; one reconcile with a cloud that hangs may take as long. */
const SILENT_AFTER_MINUTES = 20;

/** Returns for how many minutes the daemon has been silent; undefined when it is not, or when nothing is known of it. */
export function findSilence({ heartbeatAt }: Pick<Built, 'heartbeatAt'>, now: number): number | undefined {
  if (heartbeatAt === undefined) return undefined;
  const minutes = Math.floor((now - Date.parse(heartbeatAt)) / 60_000);
  return minutes >= SILENT_AFTER_MINUTES ? minutes : undefined;
}

const cloudImage: Decoder<CloudImage> = fields({
  arch: oneOf(ARCHES),
  base: oneOf(Object.keys(BASES) as readonly Base[]),
  cloudId: text,
  imageId: uuid,
  juju: anyString,
  microk8s: anyString,
  source: optional(imageSource),
  details: optional(
    fields({
      createdAt: anyString,
      size: optional(number),
      runnerVersion: optional(text),
      runnerSince: optional(text),
    }),
  ),
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
      failure: optional(
        fields({ kind: oneOf(FAILURE_KINDS), type: withDefault(anyString, ''), message: anyString }),
      ),
      images: usableList(cloudImage),
      activeIds: usableList(uuid),
      revisions: optional(
        usableList(fields({ imageName: text, imageId: uuid, buildId: text, createdAt: anyString })),
      ),
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
      layer: optional(text),
    }),
  ),
  batch: fields({ done: integer, total: integer }),
  failures: list(fields(JOB_FAILURE_FIELDS)),
  answered: list(text),
  endedBuilds: list(text),
  nextBuildAt: optional(text),
  idleReason: optional(text),
  metricsPort: optional(integer),
  pagePort: optional(integer),
  skipped: optional(
    list(fields({ subject: text, reason: text, until: optional(text), layer: optional(text) })),
  ),
  ended: optional(usableList(jobEnd)),
  heartbeatAt: optional(text),
});

/** Decodes the text of built.json. Throws InputError when it does not have the format of this version. */
export function parseBuilt(json: string): Built {
  const value = parseJsonText(json, 'built.json');
  return decode(decoder, value, 'built.json', (problems) => new InputError(problems));
}
