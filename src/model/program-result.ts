import { ARCHES } from './image/arch.ts';
import { BASES, type Base } from './image/base.ts';
import type { JobKind } from './job/job-kind.ts';
import { type Decoded, type Decoder, flag, list, oneOf, optional, uuid, text } from './decode.ts';
import {
  type AnswerOf,
  type ResultLog,
  type ResultOf,
  decodeResult,
  encodeResult,
  prunedImage,
} from './result/program-result-common.ts';
import { PREFLIGHT } from './result/program-result-preflight.ts';
import { PRUNE_CLOUDS } from './result/program-result-prune.ts';
import { snakeFields } from './text/snake-case.ts';

/*
 * The results that the program prints, one for each command: one JSON object with keys in snake case. The order of the
 * fields of a shape is the order of the printed keys. program-result-list.ts has the result of `list`.
 */

const base = oneOf(Object.keys(BASES) as readonly Base[]);
const arch = oneOf(ARCHES);

const BUILD = { imageName: text, cloud: text, arch, base, buildId: text };

/** The result of `run`, and of the job that makes a layer. The id of the image is among the facts. */
type BuildResult = ResultOf<typeof BUILD>;

export function encodeBuildResult(answer: AnswerOf<typeof BUILD>, log: ResultLog): string {
  return encodeResult(BUILD, answer, log);
}

/** A base image in a cloud. */
export type BaseImage = Decoded<typeof baseImage>;

const baseImage = snakeFields({
  base,
  arch,
  imageId: uuid,
  sha256: text,
  /** True when this command uploaded the image, false when it existed before. */
  wasUploaded: flag,
});

const PREPARE = { cloud: text, baseImages: list(baseImage) };

/** The result of `init`. */
type PrepareResult = ResultOf<typeof PREPARE>;

export function encodePrepareResult(answer: AnswerOf<typeof PREPARE>, log: ResultLog): string {
  return encodeResult(PREPARE, answer, log);
}

const COPY = { cloud: text, imageId: uuid };

/** The result of `distribute`. The copies are among the facts. */
type CopyResult = ResultOf<typeof COPY>;

export function encodeCopyResult(answer: AnswerOf<typeof COPY>, log: ResultLog): string {
  return encodeResult(COPY, answer, log);
}

/** The marks are absent when the command was not given the published ids. */
const PRUNE = {
  cloud: text,
  imageName: text,
  marked: optional(list(uuid)),
  unmarked: optional(list(uuid)),
  // Only a dry run has these two.
  wouldBeMarked: optional(list(uuid)),
  wouldBeUnmarked: optional(list(uuid)),
  images: list(prunedImage),
};

/** The answer of `prune`. */
export type PruneAnswer = AnswerOf<typeof PRUNE>;

/** The result of `prune`. */
type PruneResult = ResultOf<typeof PRUNE>;

export function encodePruneResult(answer: PruneAnswer, log: ResultLog): string {
  return encodeResult(PRUNE, answer, log);
}

const idOrNull: Decoder<string | null> = (value, at, problems) =>
  value === null ? null : uuid(value, at, problems);

const LATEST_BUILD_ID = { cloud: text, imageName: text, imageId: idOrNull };

/** The answer of `latest-build-id`: its id is null when the cloud has no such image. */
type LatestBuildIdAnswer = AnswerOf<typeof LATEST_BUILD_ID>;

export function encodeLatestBuildIdResult(answer: LatestBuildIdAnswer, log: ResultLog): string {
  return encodeResult(LATEST_BUILD_ID, answer, log);
}

const SWEEP = { cloud: text, wouldBeSwept: optional(list(text)) }; // only a dry run has the second

/** The answer of `sweep`. The deleted things are among the facts. */
type SweepAnswer = AnswerOf<typeof SWEEP>;

/** The result of `sweep`. */
type SweepResult = ResultOf<typeof SWEEP>;

export function encodeSweepResult(answer: SweepAnswer, log: ResultLog): string {
  return encodeResult(SWEEP, answer, log);
}

/** The measurements of a trial are among the facts. */
const TRIAL = { cloud: text };

export function encodeTrialResult(answer: AnswerOf<typeof TRIAL>, log: ResultLog): string {
  return encodeResult(TRIAL, answer, log);
}

/** The result of a job, by its kind. */
export type JobResult =
  | ({ readonly job: 'prepare' } & PrepareResult)
  | ({ readonly job: 'layer' } & BuildResult)
  | ({ readonly job: 'build' } & BuildResult)
  | ({ readonly job: 'copy' } & CopyResult)
  | ({ readonly job: 'prune' } & PruneResult)
  | ({ readonly job: 'sweep' } & SweepResult)
  | ({ readonly job: 'trial' } & ResultOf<typeof TRIAL>)
  | ({ readonly job: 'preflight' } & ResultOf<typeof PREFLIGHT>)
  | ({ readonly job: 'prune-clouds' } & ResultOf<typeof PRUNE_CLOUDS>);

/** Decodes the output of a job. Returns undefined when the job ended without a result. */
export function decodeJobResult(job: JobKind, json: string): JobResult | undefined {
  switch (job) {
    case 'prepare':
      return withJob(job, decodeResult(PREPARE, json));
    case 'layer':
    case 'build':
      return withJob(job, decodeResult(BUILD, json));
    case 'copy':
      return withJob(job, decodeResult(COPY, json));
    case 'prune':
      return withJob(job, decodeResult(PRUNE, json));
    case 'sweep':
      return withJob(job, decodeResult(SWEEP, json));
    case 'trial':
      return withJob(job, decodeResult(TRIAL, json));
    case 'preflight':
      return withJob(job, decodeResult(PREFLIGHT, json));
    case 'prune-clouds':
      return withJob(job, decodeResult(PRUNE_CLOUDS, json));
  }
}

function withJob<J extends JobKind, R extends object>(job: J, result: R | undefined) {
  return result === undefined ? undefined : { job, ...result };
}
