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

const MAXIMUM_TOLD = 300;

/** No answer, and how sure it is that the request was never seen by the service. */
export class NoConnectionError extends CloudUnavailableError {
  /** `true` when the connection was refused or the host is unknown: repeating cannot do a thing twice. */
  readonly wasNeverSent: boolean;

  constructor(call: CloudCall, what: string, wasNeverSent: boolean, cause: unknown) {
    super(call, what, { cause });
    this.wasNeverSent = wasNeverSent;
  }
}

/** 429 or 5xx, with the service's wish when to come back. */
export class BusyError extends CloudUnavailableError {
  /** Milliseconds to wait, by Retry-After in seconds. */
  readonly retryAfterMs: number | undefined;

  constructor(call: CloudCall, what: string, retryAfter: string | undefined) {
    super(call, what);
    const seconds = Number(retryAfter);
    this.retryAfterMs = retryAfter !== undefined && Number.isFinite(seconds) ? seconds * 1000 : undefined;
  }
}

const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/** The error for a request that got no answer. */
export function connectionError(call: CloudCall, cause: unknown): NoConnectionError {
  const code = errorCodeOf(cause);
  const message = messageOf(cause); // Node's name the address, no path, no query
  const reason = `${message === '' ? (code ?? 'no reason given') : message}${hintFor(code)}`;
  return new NoConnectionError(call, `gave no answer: ${reason}`, NEVER_SENT.has(code ?? ''), cause);
}

/** A certificate of an authority that nobody here knows is the most common trouble with private clouds. */
function hintFor(code: string | undefined): string {
  return /CERT|SIGNATURE|SELF_SIGNED|UNABLE_TO/.test(code ?? '')
    ? '; cacert in clouds.yaml names its authority'
    : '';
}

/** The error for an answer with a status that is not a success. */
export function statusError(call: CloudCall, body: unknown, retryAfter: string | undefined): CloudError {
  const status = call.status ?? 0;
  const what = `answered ${status}${tell(body)}`;
  if (status === 401) return new UnauthorizedError(call, `${what}; check the credentials in clouds.yaml`);
  if (status === 403 || status === 413) return new ForbiddenError(call, what);
  if (status === 404) return new NotFoundError(call, what);
  if (status === 409) return new ConflictError(call, what);
  if (status === 429 || status >= 500) return new BusyError(call, what, retryAfter);
  return new RejectedError(call, what);
}

function tell(body: unknown): string {
  const message = typeof body === 'string' ? tellText(body) : findMessage(body);
  return message === undefined ? '' : `: ${message.slice(0, MAXIMUM_TOLD)}`;
}

function tellText(body: string): string | undefined {
  try {
    const found = findMessage(JSON.parse(body));
    if (found !== undefined) return found;
  } catch {
    // not JSON: a proxy's or WSGI's page
  }
  const plain = body
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return plain === '' ? undefined : plain;
}

/** OpenStack's services each wrap the message in a mapping of their own: {badRequest: {message}} and the like. */
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

/** The error for a call that took longer than it may; `cause` is what failed before, if anything did. */
export function tooLate(call: CloudCall, milliseconds: number, cause?: unknown): CloudTimeoutError {
  const before = cause instanceof ProductError ? ` (before that: ${cause.message})` : '';
  const what = `did not answer within ${milliseconds / 1000} s${before}; --api-timeout sets the limit`;
  return new CloudTimeoutError(call, what, cause === undefined ? undefined : { cause });
}
