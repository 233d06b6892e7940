import { type ErrorKind, type FailureKind, ProductError } from '../model/errors.ts';
import type { CloudImage } from '../model/built.ts';

interface BuilderErrorOptions extends ErrorOptions {
  /** That of its cause, when it is not given. */
  readonly kind?: ErrorKind;
}

/** A failure to drive the image builder. */
export abstract class BuilderBaseError extends ProductError {
  readonly kind: ErrorKind;

  constructor(message: string, options: BuilderErrorOptions = {}) {
    super(message, options);
    this.kind = options.kind ?? (options.cause instanceof ProductError ? options.cause.kind : 'unavailable');
  }
}

/** This host could not be set up. */
export class BuilderSetupError extends BuilderBaseError {}

/** What the clouds hold could not be read. */
export class GetLatestImageError extends BuilderBaseError {}

/** The host's secrets are not those that a job was planned with: nothing was started. */
export class StaleSecretsError extends BuilderBaseError {}

/** The program that the charm carries could not be installed; the old one stays. */
export class UpgradeApplicationError extends BuilderBaseError {}

/** One job failed. */
export class JobError extends BuilderBaseError {
  /** The step that failed; empty when none is known. */
  readonly step: string;
  /** What could not be unmade. */
  readonly leftovers: readonly string[];

  constructor(failed: FailedJob) {
    super(failed.message, { kind: toErrorKind(failed.kind) });
    this.step = failed.step;
    this.leftovers = failed.leftovers;
  }
}

/** Why a job failed. */
export interface FailedJob {
  readonly kind: FailureKind;
  readonly message: string;
  /** The step that failed; empty when none is known. */
  readonly step: string;
  /** The things that could not be undone. */
  readonly leftovers: readonly string[];
}

/** Why one image was not built, or did not get everywhere. */
export interface RunFailure {
  readonly imageName: string;
  readonly error: Error;
}

/** Not all images were built. What was built is in `results`. */
export class BuilderRunError extends BuilderBaseError {
  /** In the matrix's order; empty for an image that failed. */
  readonly results: readonly (readonly CloudImage[])[];
  readonly causes: readonly RunFailure[];

  constructor(results: readonly (readonly CloudImage[])[], causes: readonly RunFailure[]) {
    const told = causes.map(({ imageName, error }) => `${imageName}: ${error.message}`);
    const first = causes[0]?.error;
    super(told.join('\n'), first === undefined ? { kind: 'build' } : { cause: first });
    this.results = results;
    this.causes = causes;
  }
}

/** A bug of the program is, for who ordered the build, a build that failed. */
function toErrorKind(kind: FailureKind): ErrorKind {
  return kind === 'bug' ? 'build' : kind;
}
