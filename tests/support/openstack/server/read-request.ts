import type { IncomingMessage } from 'node:http';
import { type Transfer, throughLink } from './link.ts';
import { type RouteRequest, Refusal } from './route.ts';

const MALFORMED: Readonly<Record<string, string>> = {
  identity:
    'Expecting to find valid JSON in request body. The server could not comply with the request since it is either ' +
    'malformed or otherwise incorrect. The client is assumed to be in error.',
  image: 'Malformed JSON in request body.',
  compute: 'Malformed request body',
  network: 'MalformedRequestBody: Malformed request body: Cannot understand JSON.',
};

/** Converts an HTTP request into the form that routes take. */
export function readRequest(
  request: IncomingMessage,
  found: {
    readonly params: RouteRequest['params'];
    readonly login: RouteRequest['login'];
    readonly service: string;
    /** The body; empty for image data, which is streamed. */
    readonly text: string;
  },
  upload: Transfer,
): RouteRequest {
  const origin = `http://${request.headers.host ?? ''}`;
  return {
    method: request.method ?? '',
    params: found.params,
    query: new URL(request.url ?? '', origin).searchParams,
    headers: request.headers as Record<string, string>,
    login: found.login,
    json: () =>
      new Promise((resolve) => resolve(parseJson(found.text, MALFORMED[found.service] ?? 'no JSON'))),
    stream: throughLink(request as AsyncIterable<Buffer>, upload),
    origin,
  };
}

function parseJson(text: string, malformed: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Refusal(400, malformed);
  }
}
