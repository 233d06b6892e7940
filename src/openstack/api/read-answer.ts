import { type CloudCall, UnexpectedAnswerError } from '../../model/cloud/cloud-errors.ts';
import { isNestedDeeper } from '../../model/text/json-text.ts';
import type { HttpResponse } from '../../system/http/http.ts';
import { readBounded } from '../../system/http/read-text.ts';
import { type ApiAnswer, requestIdOf } from './api-answer.ts';
import { connectionError } from './response-errors.ts';

const MIB = 1024 * 1024;

/** The largest body of a successful response. A page of 1000 images is about 2 MiB. */
const MAXIMUM_JSON = 16 * MIB;

/** The part of an error's body that is read. */
const MAXIMUM_ERROR = 64 * 1024;

const MAXIMUM_DEPTH = 64;

/**
 * Reads a response to its end, within limits. Throws NoConnectionError when it breaks off, and UnexpectedAnswerError
 * when a successful response exceeds a limit.
 */
export async function readAnswer(call: CloudCall, response: HttpResponse): Promise<ApiAnswer> {
  const { status } = response;
  const isSuccess = status >= 200 && status < 300;
  const maximum = isSuccess ? MAXIMUM_JSON : MAXIMUM_ERROR;
  const encoding = response.header('content-encoding');
  const { text, isCut } = await readBounded(response.body, { maximum, encoding }).catch((cause: unknown) => {
    throw connectionError(call, cause);
  });
  const answered = { ...call, status, requestId: requestIdOf(response) };
  if (isSuccess && isCut) throw new UnexpectedAnswerError(answered, `sent more than ${maximum / MIB} MiB`);
  const isDeep = isNestedDeeper(text, MAXIMUM_DEPTH);
  if (isSuccess && isDeep) {
    throw new UnexpectedAnswerError(answered, `sent JSON that is nested more than ${MAXIMUM_DEPTH} levels`);
  }
  return {
    status,
    header: (name) => response.header(name),
    body: text === '' ? undefined : isDeep ? text : parseBody(text),
  };
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
