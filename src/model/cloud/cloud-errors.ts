import { ProductError } from '../errors.ts';

/** A failed call to a cloud, and the response of the service. */
export interface CloudCall {
  /** The name in clouds.yaml. */
  readonly cloud: string;
  /** 'compute', 'image', 'network', 'block-storage' or 'identity'. */
  readonly service: string;
  /** The attempted operation in words: 'create server builder-1'. */
  readonly operation: string;
  /** The HTTP status; undefined when there was no response. */
  readonly status?: number | undefined;
  /** The id that the service gave the request; the cloud's operator finds it in the service's logs. */
  readonly requestId?: string | undefined;
}

/** The length of a message, which may contain text of the cloud. */
const MAXIMUM_MESSAGE = 1500;

function describe(call: CloudCall, what: string): string {
  const request = call.requestId === undefined ? '' : ` (request ${call.requestId})`;
  return `${call.operation}: the ${call.service} service of cloud ${call.cloud} ${what}${request}`;
}

function shorten(what: string): string {
  return what.length <= MAXIMUM_MESSAGE ? what : `${what.slice(0, MAXIMUM_MESSAGE)}…`;
}

/** A call to a cloud that failed. */
export abstract class CloudError extends ProductError {
  readonly call: CloudCall;

  constructor(call: CloudCall, what: string, options?: ErrorOptions) {
    super(describe(call, shorten(what)), options);
    this.call = call;
  }
}

/** Status 401, even with a new token: the credentials are wrong. */
export class UnauthorizedError extends CloudError {
  readonly kind = 'denied';
}

/** Status 403 or 413: the project lacks a role or quota. */
export class ForbiddenError extends CloudError {
  readonly kind = 'denied';
}

/** The error for a service at an address that its client may not connect to. */
export class LocalAddressError extends CloudError {
  readonly kind = 'denied';
}

/** Status 404. */
export class NotFoundError extends CloudError {
  readonly kind = 'denied';
}

/** Status 409: the resource is busy, in use, or exists already. */
export class ConflictError extends CloudError {
  readonly kind = 'denied';
}

/** Any other 4xx status: the cloud does not accept the request. */
export class RejectedError extends CloudError {
  readonly kind = 'denied';
}

/** No connection, status 429 or 5xx, after all retries. */
export class CloudUnavailableError extends CloudError {
  readonly kind = 'unavailable';
}

/** No response before the deadline. */
export class CloudTimeoutError extends CloudError {
  readonly kind = 'unavailable';
}

/** A response that does not have the form that the API documents. */
export class UnexpectedAnswerError extends CloudError {
  readonly kind = 'unavailable';
}
