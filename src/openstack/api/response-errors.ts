import { messageOf } from '../../model/text/message-of.ts';
import type { CloudError } from '../../model/cloud/cloud-errors.ts';
import {
  type CloudCall,
  CloudTimeoutError,
  CloudUnavailableError,
  ConflictError,
  ForbiddenError,
  LocalAddressError,
  NotFoundError,
  RejectedError,
  UnauthorizedError,
} from '../../model/cloud/cloud-errors.ts';
import { isMapping } from '../../model/decode.ts';
import { ProductError } from '../../model/errors.ts';
import { errorCodeOf } from '../../system/error-code.ts';
import { AddressError } from '../../system/http/address-guard.ts';
import { redactUrl } from '../../system/http/download.ts';
import { type ApiAnswer, isFromService, requestIdOf } from './api-answer.ts';

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
export function connectionError(call: CloudCall, cause: unknown): CloudError {
  if (cause instanceof AddressError) {
    const what = `must not be used: ${cause.message}; the option consumer-local-cidrs allows it`;
    return new LocalAddressError(call, what, { cause });
  }
  const code = errorCodeOf(cause);
  const message = messageOf(cause).slice(0, MAXIMUM_MESSAGE); // Node's messages contain neither path nor query
  const reason = message === '' ? (code ?? 'no reason given') : message;
  return new NoConnectionError(call, `did not respond: ${reason}`, NEVER_SENT.has(code ?? ''), cause);
}

/** The error for a response that no OpenStack service wrote: a gateway, a login page, or a redirect to elsewhere. */
export class ForeignAnswerError extends CloudUnavailableError {}

/** Returns the error for a response whose status is not 2xx. */
export function statusError(call: CloudCall, answer: ApiAnswer): CloudError {
  const { status, header, body } = answer;
  const answered = { ...call, status, requestId: requestIdOf(answer) };
  const problem = `answered ${status}${describeBody(body)}`;
  if (status === 429 || status >= 500) return new BusyError(answered, problem, header('retry-after'));
  if (status >= 300 && status < 400) return new ForeignAnswerError(answered, describeRedirect(answer));
  if (!isFromService(answer)) return foreignAnswer(answered, body);
  if (status === 401)
    return new UnauthorizedError(answered, `${problem}; check the credentials in clouds.yaml`);
  if (status === 403 || status === 413) return new ForbiddenError(answered, problem);
  if (status === 404) return new NotFoundError(answered, problem);
  if (status === 409) return new ConflictError(answered, problem);
  return new RejectedError(answered, problem);
}

/** Returns the error for a response that no OpenStack service wrote. It quotes its first words. */
export function foreignAnswer(call: CloudCall, body: unknown): ForeignAnswerError {
  const what = `answered ${call.status ?? 0}, but not as an OpenStack API${describeBody(body)}`;
  return new ForeignAnswerError(call, `${what}; check the URL of the service and the gateway in front of it`);
}

function describeRedirect({ status, header }: ApiAnswer): string {
  const location = header('location');
  if (location === undefined) return `answered ${status} without a location`;
  const target = (location.startsWith('/') ? pathOf(location) : redactUrl(location)).slice(
    0,
    MAXIMUM_MESSAGE,
  );
  return `answered ${status} and redirected to ${target}; set the URL of the service to its new place`;
}

/** Returns a relative location without its query, which may hold a secret. */
function pathOf(location: string): string {
  return location.split(/[?#]/, 1)[0] ?? '';
}

function describeBody(body: unknown): string {
  const message = typeof body === 'string' ? describeText(body) : findMessage(body);
  return message === undefined || message === '' ? '' : `: ${message.slice(0, MAXIMUM_MESSAGE)}`;
}

/** Returns the words of a text or an HTML page, without the title and the headings, which repeat the status. */
function describeText(body: string): string {
  const page = body.slice(0, MAXIMUM_PAGE);
  const words = [...readPage(page)].filter(({ element }) => !HEADINGS.has(element));
  const text = words.length === 0 ? [...readPage(page)] : words;
  return text
    .map((part) => part.text)
    .join(' ')
    .split(/\s/)
    .filter((word) => word !== '')
    .join(' ');
}

/** The part of a page that is read for a message. */
const MAXIMUM_PAGE = 4096;

const HEADINGS = new Set(['title', 'h1', 'style', 'script']);

/** Returns the texts of a page, each with the name of the tag before it. Reads the page once. */
function* readPage(page: string): Generator<{ readonly element: string; readonly text: string }> {
  let element = '';
  for (let at = 0; at < page.length;) {
    const tag = page.indexOf('<', at);
    const end = tag === -1 ? page.length : tag;
    const text = page.slice(at, end).trim();
    if (text !== '') yield { element, text };
    if (tag === -1) return;
    const close = page.indexOf('>', tag);
    if (close === -1) return;
    element =
      page
        .slice(tag + 1, Math.min(close, tag + 20))
        .split(/[\s/]/, 1)[0]
        ?.toLowerCase() ?? '';
    at = close + 1;
  }
}

/** Finds the message in an error body. Each service wraps it in its own key, for example {badRequest: {message}}. */
function findMessage(body: unknown): string | undefined {
  if (!isMapping(body)) return undefined;
  const inner = Object.values(body).slice(0, MAXIMUM_KEYS).filter(isMapping);
  return [body, ...inner].map((part) => part['message']).find((message) => typeof message === 'string');
}

/** The number of an error body's keys that are searched. */
const MAXIMUM_KEYS = 20;

/** Returns the error for a call that exceeded its deadline. `cause` is the failure of an earlier attempt, if any. */
export function timeoutError(call: CloudCall, milliseconds: number, cause?: unknown): CloudTimeoutError {
  const before = cause instanceof ProductError ? ` (the previous attempt failed: ${cause.message})` : '';
  const problem = `did not answer within ${milliseconds / 1000} s${before}; --api-timeout sets the limit`;
  return new CloudTimeoutError(call, problem, cause === undefined ? undefined : { cause });
}
