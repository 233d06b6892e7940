import { type ErrorKind, type FailureKind, ProductError } from '../model/errors.ts';
import type { CloudImage } from '../model/unit/built.ts';

interface BuilderErrorOptions extends ErrorOptions {
  /** Defaults to the kind of the cause. */
  readonly kind?: ErrorKind;
}

/** The base class of all errors of this folder. */
export abstract class BuilderBaseError extends ProductError {
  readonly kind: ErrorKind;

  constructor(message: string, options: BuilderErrorOptions = {}) {
    super(message, options);
    this.kind = options.kind ?? (options.cause instanceof ProductError ? options.cause.kind : 'unavailable');
  }
}

/** The host could not be set up. */
export class BuilderSetupError extends BuilderBaseError {}

/** The images in the clouds could not be listed. */
export class GetLatestImageError extends BuilderBaseError {}

/** The secrets changed after the job was planned. The job was not started. */
export class StaleSecretsError extends BuilderBaseError {}

/** The program in the charm could not be installed. The old program stays in use. */
export class UpgradeApplicationError extends BuilderBaseError {}

/** A job failed. */
export class JobError extends BuilderBaseError {
  /** The step that failed; empty when it is not known. */
  readonly step: string;
  /** The resources that could not be cleaned up. */
  readonly leftovers: readonly string[];

  constructor(failed: FailedJob) {
    super(failed.message, { kind: toErrorKind(failed.kind) });
    this.step = failed.step;
    this.leftovers = failed.leftovers;
  }
}

/** The failure of a job. */
export interface FailedJob {
  readonly kind: FailureKind;
  readonly message: string;
  /** The step that failed; empty when it is not known. */
  readonly step: string;
  /** The resources that could not be cleaned up. */
  readonly leftovers: readonly string[];
}

/** The failure of one image: it was not built, or some clouds do not have it. */
export interface RunFailure {
  readonly imageName: string;
  readonly error: Error;
}

/** Some images failed. The others are in `results`. */
export class BuilderRunError extends BuilderBaseError {
  /** The copies of each image, in the order of the matrix; empty for an image that failed everywhere. */
  readonly results: readonly (readonly CloudImage[])[];
  readonly causes: readonly RunFailure[];

  constructor(results: readonly (readonly CloudImage[])[], causes: readonly RunFailure[]) {
    const lines = causes.map(({ imageName, error }) => `${imageName}: ${error.message}`);
    const first = causes[0]?.error;
    super(lines.join('\n'), first === undefined ? { kind: 'build' } : { cause: first });
    this.results = results;
    this.causes = causes;
  }
}

/** Maps a bug in the program to a failed build, because the caller did not cause it. */
function toErrorKind(kind: FailureKind): ErrorKind {
  return kind === 'bug' ? 'build' : kind;
}
