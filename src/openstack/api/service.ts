import {
  type CloudCall,
  CloudError,
  NotFoundError,
  UnauthorizedError,
  UnexpectedAnswerError,
} from '../../model/cloud/cloud-errors.ts';
import { type Decoder, decode } from '../../model/decode.ts';
import { InputError } from '../../model/errors.ts';
import { type ApiAnswer, isFromService, requestIdOf } from './api-answer.ts';
import { readAnswer } from './read-answer.ts';
import { connectionError, foreignAnswer, statusError } from './response-errors.ts';
import type { Identity, Token } from '../login/identity.ts';
import type { RecentIds } from './recent-ids.ts';
import type { ResourceLog } from '../resource-log.ts';
import { type CallLimits, delayAfter, retryCall } from './retry.ts';
import type { Transport } from './transport.ts';

/** One request to an OpenStack API. */
export interface ApiRequest {
  /** A short description that identifies the call in error messages, for example `list flavors`. */
  readonly operation: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** The path relative to the endpoint, which includes the API version. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /**
   * Allows a retry after a failure that leaves open whether the service executed the request. The default is true,
   * except for POST.
   */
  readonly isRepeatable?: boolean;
}

/** The client of one service of one cloud. Every failure is a CloudError. */
export interface Service {
  /** Sends the request with a token, and retries it where that is safe. Resolves with a response of status 2xx. */
  send(request: ApiRequest): Promise<ApiAnswer>;
  /** Sends the request and decodes the body of the response. */
  read<T>(request: ApiRequest, decoder: Decoder<T>): Promise<T>;
  /** Returns the error for a response that the caller cannot use. */
  unexpectedAnswer(request: Pick<ApiRequest, 'operation'>, what: string): UnexpectedAnswerError;
  /** Reports an element of a list that was skipped because it does not decode. */
  reportSkipped(kind: string, problems: readonly string[]): void;
}

/** The parts that a service is made of. */
export interface ServiceOptions {
  readonly cloud: string;
  readonly service: 'compute' | 'image' | 'network' | 'block-storage' | 'identity';
  readonly identity: Identity;
  readonly transport: Transport;
  readonly limits: CallLimits;
  /** Aborts GET requests only. All others run to their end, so that their outcome is known. */
  readonly signal: AbortSignal | undefined;
  /** Called for every response, for the debug log. */
  readonly observe: (call: CloudCall, request: ApiRequest) => void;
  readonly reportSkipped: Service['reportSkipped'];
  readonly recentIds: RecentIds;
  readonly resources: ResourceLog;
}

/** Creates the client of one service of a cloud. */
export function openService(parts: ServiceOptions): Service {
  const send = (request: ApiRequest): Promise<ApiAnswer> => sendRequest(parts, request);
  return {
    send,
    read: async (request, decoder) => {
      const answer = await send(request);
      const call = callOf(parts, request, answer);
      return decode(decoder, answer.body, '', (problems) => {
        return new UnexpectedAnswerError(call, `returned an unexpected body: ${problems.join('; ')}`);
      });
    },
    unexpectedAnswer: (request, what) => new UnexpectedAnswerError(callOf(parts, request), what),
    reportSkipped: parts.reportSkipped,
  };
}

function callOf(
  parts: ServiceOptions,
  request: Pick<ApiRequest, 'operation'>,
  answer?: ApiAnswer,
): CloudCall {
  return {
    cloud: parts.cloud,
    service: parts.service,
    operation: request.operation,
    status: answer?.status,
    requestId: answer === undefined ? undefined : requestIdOf(answer),
  };
}

/** Sends the request. Repeats it after a 404 for a resource that was just created, which other API servers may lack. */
async function sendRequest(parts: ServiceOptions, request: ApiRequest): Promise<ApiAnswer> {
  const { limits, recentIds, resources } = parts;
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await sendRepeatedly(parts, request);
      if (request.method === 'DELETE') recentIds.remove(request.path);
      resources.answered(request, true);
      return answer;
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
      if (!recentIds.isIn(request)) {
        resources.answered(request, false);
        throw error;
      }
      await limits.clock.sleep(delayAfter(attempt, error, limits), parts.signal);
    }
  }
}

async function sendRepeatedly(parts: ServiceOptions, request: ApiRequest): Promise<ApiAnswer> {
  const isRepeatable = request.isRepeatable ?? request.method !== 'POST';
  const signal = request.method === 'GET' ? parts.signal : undefined;
  return retryCall(
    (trySignal) => sendWithToken(parts, request, trySignal),
    callOf(parts, request),
    parts.limits,
    { isRepeatable, signal },
  );
}

/** Sends the request. After a 401, which means that the token has expired, sends it once more with a new token. */
async function sendWithToken(
  parts: ServiceOptions,
  request: ApiRequest,
  signal: AbortSignal,
): Promise<ApiAnswer> {
  const token = await parts.identity.getToken();
  try {
    return await sendOnce(parts, request, token, signal);
  } catch (error) {
    if (!(error instanceof UnauthorizedError)) throw error;
    parts.identity.dropToken(token);
    return sendOnce(parts, request, await parts.identity.getToken(), signal);
  }
}

async function sendOnce(
  parts: ServiceOptions,
  request: ApiRequest,
  token: Token,
  signal: AbortSignal,
): Promise<ApiAnswer> {
  const answer = await sendOrExplain(parts, request, token, signal);
  parts.observe(callOf(parts, request, answer), request);
  if (answer.status < 200 || answer.status >= 300) throw statusError(callOf(parts, request), answer);
  if (!isFromService(answer)) throw foreignAnswer(callOf(parts, request, answer), answer.body);
  return answer;
}

async function sendOrExplain(
  parts: ServiceOptions,
  request: ApiRequest,
  token: Token,
  signal: AbortSignal,
): Promise<ApiAnswer> {
  const { method, path, query = {}, headers = {}, body } = request;
  try {
    const response = await parts.transport.send({ method, path, query, headers, body }, token, signal);
    return await readAnswer(callOf(parts, request), response);
  } catch (cause) {
    const isKnown = cause instanceof CloudError || cause instanceof InputError; // no such endpoint or region
    if (signal.aborted || isKnown) throw cause;
    throw connectionError(callOf(parts, request), cause);
  }
}
