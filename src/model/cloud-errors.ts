import { ProductError } from './errors.ts';

/** Which call failed, and how the service answered. */
export interface CloudCall {
  /** The name in clouds.yaml. */
  readonly cloud: string;
  /** 'compute', 'image', 'network' or 'identity'. */
  readonly service: string;
  /** What was tried, in words: 'create server builder-1'. */
  readonly operation: string;
  /** The HTTP status; `undefined` when there was no answer. */
  readonly status?: number | undefined;
  /** The service's own id of the request, for its operator's logs. */
  readonly requestId?: string | undefined;
}

function describe(call: CloudCall, what: string): string {
  const request = call.requestId === undefined ? '' : ` (request ${call.requestId})`;
  return `${call.operation}: the ${call.service} service of cloud ${call.cloud} ${what}${request}`;
}

/** A call to a cloud that did not end as it should. */
export abstract class CloudError extends ProductError {
  readonly call: CloudCall;

  constructor(call: CloudCall, what: string, options?: ErrorOptions) {
    super(describe(call, what), options);
    this.call = call;
  }
}

/** 401, also after a new token: the credentials are wrong. */
export class UnauthorizedError extends CloudError {
  readonly kind = 'denied';
}

/** 403 and 413: a role or a quota is missing. */
export class ForbiddenError extends CloudError {
  readonly kind = 'denied';
}

/** 404. */
export class NotFoundError extends CloudError {
  readonly kind = 'denied';
}

/** 409: the thing is busy, in use, or there already. */
export class ConflictError extends CloudError {
  readonly kind = 'denied';
}

/** Any other 4xx: the cloud does not accept what was sent. */
export class RejectedError extends CloudError {
  readonly kind = 'denied';
}

/** No connection, 429 or 5xx, after all the retries. */
export class CloudUnavailableError extends CloudError {
  readonly kind = 'unavailable';
}

/** No answer in time. */
export class CloudTimeoutError extends CloudError {
  readonly kind = 'unavailable';
}

/** An answer that is not what the API promises. */
export class UnexpectedAnswerError extends CloudError {
  readonly kind = 'unavailable';
}
