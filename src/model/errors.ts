/** The kinds of failures. The kind determines who must act: see docs/reference/exit-codes.md. */
export const FAILURE_KINDS = [
  'input',
  'denied',
  'quota',
  'unavailable',
  'build',
  'partial',
  'cancelled',
  'bug',
] as const;

export type FailureKind = (typeof FAILURE_KINDS)[number];

/** The kinds of expected failures. */
export type ErrorKind = Exclude<FailureKind, 'bug'>;

/** The base class of every expected failure. Any other thrown value is a bug. */
export abstract class ProductError extends Error {
  abstract readonly kind: ErrorKind;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Returns the kind of a thrown value. */
export function failureKindOf(error: unknown): FailureKind {
  return error instanceof ProductError ? error.kind : 'bug';
}

/** Invalid input: options, files, or names of resources that do not exist. Contains all problems at once. */
export class InputError extends ProductError {
  readonly kind = 'input';
  readonly problems: readonly string[];

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(problems.join('\n'), options);
    this.problems = problems;
  }
}

/** The clouds.yaml is missing, not readable or invalid, or lacks the requested cloud. */
export class CloudsYAMLError extends InputError {}

/** No flavor has the given name or the minimum size. */
export class FlavorNotFoundError extends InputError {}

/** The given flavor is too small for a build. */
export class FlavorRequirementsNotMetError extends InputError {}

/** The given network does not exist, or no network can be chosen. */
export class NetworkNotFoundError extends InputError {}

/** The region is not in the cloud's catalogue, or none was chosen of several. */
export class RegionNotFoundError extends InputError {}

/** Several resources have the given name. */
export class AmbiguousNameError extends InputError {}

/** A failed build. It has the kind of its cause when that is an expected failure. */
export class BuildImageError extends ProductError {
  readonly kind: ErrorKind;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = options?.cause instanceof ProductError ? options.cause.kind : 'build';
  }
}

/** The base image could not be downloaded, or its checksum differs. */
export class BaseImageDownloadError extends BuildImageError {}

/** The layer to start from does not exist any more, or does not fit the image. */
export class LayerError extends ProductError {
  readonly kind = 'unavailable';
}

/** The runner's release could not be resolved or verified. */
export class RunnerDownloadError extends BuildImageError {}

/** The image could not be uploaded to Glance. */
export class UploadImageError extends BuildImageError {}

/** The image could not be read from Glance. */
export class GetImageError extends BuildImageError {}

/** The quota of a project is used up for now. Other builds of the same project may free it. */
export class QuotaError extends ProductError {
  readonly kind = 'quota';

  /** `shortage` says what is used up, such as `cores 8 of 10 used, a build needs 4`. */
  constructor(shortage: string, options?: ErrorOptions) {
    super(`quota: ${shortage}`, options);
  }
}

/** The cloud could not be reached, or did not answer as OpenStack. */
export class OpenstackConnectionError extends ProductError {
  readonly kind = 'unavailable';
}

/** An image could not be built on this host. */
export class ImageBuildError extends BuildImageError {}

/** A runner instance could not be launched. */
export class InstanceLaunchError extends BuildImageError {}

/** The server has no address that accepts SSH with the host key that its console printed. */
export class AddressNotFoundError extends BuildImageError {}

/** In the guest, cloud-init failed or did not finish, or a part could not be installed. */
export class CloudInitFailError extends BuildImageError {}

/** A check of the image's content failed in the guest. */
export class GuestCheckError extends BuildImageError {}

/** The server did not reach the expected status, or left it. */
export class ServerError extends BuildImageError {}

/** The operator's script failed in the guest. */
export class ExternalScriptError extends BuildImageError {}

/** The image is good, but not all destinations have it. */
export class DistributionError extends ProductError {
  readonly kind = 'partial';
}

/** The work was cancelled. */
export class CancelledError extends ProductError {
  readonly kind = 'cancelled';
}

/** A wait reached its deadline. */
export class DeadlineError extends ProductError {
  readonly kind = 'unavailable';
}
