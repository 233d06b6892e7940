import type { HttpResponse } from './http.ts';
import { readBounded } from './read-text.ts';

/** A response that asks its client to wait. */
export interface Throttling {
  readonly isRateLimited: boolean;
  /** The server's explanation on one line; empty when it sent none. */
  readonly message: string;
  /** Returns the time from which the server accepts requests, in milliseconds; undefined when it names none. */
  readonly retryAt: ((now: number) => number) | undefined;
}

const MAXIMUM_BODY = 64 * 1024;
const MAXIMUM_MESSAGE = 300;
/** GitHub asks for this pause when a secondary limit names no time. */
const SECONDARY_LIMIT_MS = 60_000;
/** A smaller value of x-ratelimit-reset is a number of seconds, a larger one a time in seconds since the epoch. */
const FIRST_EPOCH_SECONDS = 1_000_000_000;

/** Reads the headers and, for status 403 and 429, the body of a response that is not a success. */
export async function readThrottling(response: HttpResponse): Promise<Throttling> {
  const { status } = response;
  const retryAfter = parseRetryAfter(response.header('retry-after'));
  if (status !== 403 && status !== 429) {
    response.body.destroy();
    return { isRateLimited: false, message: '', retryAt: retryAfter };
  }
  const message = await readMessage(response);
  const isExhausted = response.header('x-ratelimit-remaining')?.trim() === '0';
  const isSecondary = status === 403 && /\brate limit\b/i.test(message);
  const isRateLimited = status === 429 || isExhausted || isSecondary || retryAfter !== undefined;
  const reset = isExhausted ? parseReset(response.header('x-ratelimit-reset')) : undefined;
  const minute = isSecondary ? (now: number) => now + SECONDARY_LIMIT_MS : undefined;
  return { isRateLimited, message, retryAt: retryAfter ?? reset ?? minute };
}

/** Parses Retry-After: a number of seconds or a date. Ignores anything else. */
function parseRetryAfter(value = ''): Throttling['retryAt'] {
  const text = value.slice(0, 40).trim();
  if (/^\d{1,9}$/.test(text)) return (now) => now + Number(text) * 1000;
  const time = /^[A-Z][a-z]{2}, /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : () => time;
}

function parseReset(value = ''): Throttling['retryAt'] {
  const text = value.slice(0, 40).trim();
  if (!/^\d{1,11}$/.test(text)) return undefined;
  const seconds = Number(text);
  return (now) => (seconds < FIRST_EPOCH_SECONDS ? now : 0) + seconds * 1000;
}

/** Returns the `message` of a JSON body on one line, or an empty text. A body that breaks off has no message. */
export async function readMessage(response: HttpResponse): Promise<string> {
  const limits = { maximum: MAXIMUM_BODY, encoding: response.header('content-encoding') };
  try {
    const { text } = await readBounded(response.body, limits);
    const body: unknown = JSON.parse(text);
    if (typeof body !== 'object' || body === null || !('message' in body)) return '';
    return typeof body.message === 'string' ? toOneLine(body.message) : '';
  } catch {
    return '';
  }
}

function toOneLine(message: string): string {
  const characters = Array.from(
    message
      .slice(0, 4 * MAXIMUM_MESSAGE)
      .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
      .trim(),
  );
  return characters.length <= MAXIMUM_MESSAGE
    ? characters.join('')
    : `${characters.slice(0, MAXIMUM_MESSAGE - 1).join('')}…`;
}
