import { messageOf } from '../model/message-of.ts';
import {
  type CloudCall,
  type CloudError,
  CloudTimeoutError,
  CloudUnavailableError,
  ConflictError,
  ForbiddenError,
  NotFoundError,
  RejectedError,
  UnauthorizedError,
} from '../model/cloud-errors.ts';
import { ProductError } from '../model/errors.ts';
import { errorCodeOf } from '../system/error-code.ts';

const MAXIMUM_MESSAGE = 300;

/** The error for a request that received no response. */
export class NoConnectionError extends CloudUnavailableError {
  /** True when the connection was refused or the host is unknown. Even a POST can then be repeated safely. */
  readonly wasNeverSent: boolean;

  constructor(call: CloudCall, problem: string, wasNeverSent: boolean, cause: unknown) {
    super(call, problem, { cause });
    this.wasNeverSent = wasNeverSent;
  }
}

/** The error for status 429 or 5xx. */
export class BusyError extends CloudUnavailableError {
  /** The delay that the Retry-After header asks for, in milliseconds. A date in that header is ignored. */
  readonly retryAfterMs: number | undefined;

  constructor(call: CloudCall, problem: string, retryAfter: string | undefined) {
    super(call, problem);
    const seconds = Number(retryAfter);
    this.retryAfterMs = retryAfter !== undefined && Number.isFinite(seconds) ? seconds * 1000 : undefined;
  }
}

const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/** Returns the error for a request that received no response. */
export function connectionError(call: CloudCall, cause: unknown): NoConnectionError {
  const code = errorCodeOf(cause);
  const message = messageOf(cause); // Node's messages contain the address, but neither path nor query
  const reason = `${message === '' ? (code ?? 'no reason given') : message}${hintFor(code)}`;
  return new NoConnectionError(call, `did not respond: ${reason}`, NEVER_SENT.has(code ?? ''), cause);
}

/** Returns a hint for TLS errors. An unknown certificate authority is the most common failure with private clouds. */
function hintFor(code: string | undefined): string {
  return /CERT|SIGNATURE|SELF_SIGNED|UNABLE_TO/.test(code ?? '')
    ? '; set cacert in clouds.yaml to the certificate of its authority'
    : '';
}

/** Returns the error for a response whose status is not 2xx. */
export function statusError(call: CloudCall, body: unknown, retryAfter: string | undefined): CloudError {
  const status = call.status ?? 0;
  const problem = `answered ${status}${describeBody(body)}`;
  if (status === 401) return new UnauthorizedError(call, `${problem}; check the credentials in clouds.yaml`);
  if (status === 403 || status === 413) return new ForbiddenError(call, problem);
  if (status === 404) return new NotFoundError(call, problem);
  if (status === 409) return new ConflictError(call, problem);
  if (status === 429 || status >= 500) return new BusyError(call, problem, retryAfter);
  return new RejectedError(call, problem);
}

function describeBody(body: unknown): string {
  const message = typeof body === 'string' ? describeText(body) : findMessage(body);
  return message === undefined ? '' : `: ${message.slice(0, MAXIMUM_MESSAGE)}`;
}

function describeText(body: string): string | undefined {
  try {
    const found = findMessage(JSON.parse(body));
    if (found !== undefined) return found;
  } catch {
    // not JSON: an HTML page of a proxy or a WSGI server
  }
  const plain = body
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return plain === '' ? undefined : plain;
}

/** Finds the message in an error body. Each service wraps it in its own key, for example {badRequest: {message}}. */
function findMessage(body: unknown): string | undefined {
  if (typeof body === 'string') return body === '' ? undefined : body;
  if (typeof body !== 'object' || body === null) return undefined;
  if ('message' in body && typeof body.message === 'string') return body.message;
  for (const value of Object.values(body)) {
    if (typeof value !== 'object') continue;
    const found = findMessage(value);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Returns the error for a call that exceeded its deadline. `cause` is the failure of an earlier attempt, if any. */
export function timeoutError(call: CloudCall, milliseconds: number, cause?: unknown): CloudTimeoutError {
  const before = cause instanceof ProductError ? ` (the previous attempt failed: ${cause.message})` : '';
  const problem = `did not answer within ${milliseconds / 1000} s${before}; --api-timeout sets the limit`;
  return new CloudTimeoutError(call, problem, cause === undefined ? undefined : { cause });
}
