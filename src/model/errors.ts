/** What kind of failure it is, and so who must act: see docs/reference/exit-codes.md. */
export const FAILURE_KINDS = [
  'input',
  'denied',
  'unavailable',
  'build',
  'partial',
  'cancelled',
  'bug',
] as const;

export type FailureKind = (typeof FAILURE_KINDS)[number];

/** The kinds that the product expects. */
export type ErrorKind = Exclude<FailureKind, 'bug'>;

/** The root of every failure that the product expects; anything else that is thrown is a bug. */
export abstract class ProductError extends Error {
  abstract readonly kind: ErrorKind;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The kind of whatever was thrown. */
export function failureKindOf(error: unknown): FailureKind {
  return error instanceof ProductError ? error.kind : 'bug';
}

/** Input that cannot be used: options, files, names of things that are not there. Tells all problems at once. */
export class InputError extends ProductError {
  readonly kind = 'input';
  readonly problems: readonly string[];

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(problems.join('\n'), options);
    this.problems = problems;
  }
}

/** No usable clouds.yaml: not found, not readable, wrong in shape, or without the cloud asked for. */
export class CloudsYAMLError extends InputError {}

/** A flavor, by name or by minimum, is not there. */
export class FlavorNotFoundError extends InputError {}

/** The flavor given is too small to build on. */
export class FlavorRequirementsNotMetError extends InputError {}

/** The network given is not there, or none can be chosen. */
export class NetworkNotFoundError extends InputError {}

/** An exact name was asked for, and several things have it. */
export class AmbiguousNameError extends InputError {}

/** The build did not lead to an image. Its kind is that of its cause, when a cloud or the operator is to blame. */
export class BuildImageError extends ProductError {
  readonly kind: ErrorKind;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = options?.cause instanceof ProductError ? options.cause.kind : 'build';
  }
}

/** A base image could not be fetched or is not what its checksum says. */
export class BaseImageDownloadError extends BuildImageError {}

/** The runner's release could not be resolved or verified. */
export class RunnerDownloadError extends BuildImageError {}

/** The image could not be put into Glance. */
export class UploadImageError extends BuildImageError {}

/** The image could not be looked up. */
export class GetImageError extends BuildImageError {}

/** The server has no address that answers SSH with the key its console printed. */
export class AddressNotFoundError extends BuildImageError {}

/** cloud-init did not finish well in the guest. */
export class CloudInitFailError extends BuildImageError {}

/** The image's content is not what it should be. */
export class GuestCheckError extends BuildImageError {}

/** The server did not become, or stay, what it should be. */
export class ServerError extends BuildImageError {}

/** The operator's script failed in the guest. */
export class ExternalScriptError extends BuildImageError {}

/** The image is good, but not all clouds have it. */
export class DistributionError extends ProductError {
  readonly kind = 'partial';
}

/** The work was asked to stop. */
export class CancelledError extends ProductError {
  readonly kind = 'cancelled';
}

/** A wait reached its deadline. */
export class DeadlineError extends ProductError {
  readonly kind = 'unavailable';
}
