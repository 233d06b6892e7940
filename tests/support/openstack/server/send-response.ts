import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { type Transfer, throughLink } from './link.ts';
import { RepeatedData } from '../glance/repeated-data.ts';
import type { RouteResponse } from './route.ts';

/** Sends a response over a connection that may be slow or break. */
export async function sendResponse(
  response: ServerResponse,
  { status, headers = {}, body }: RouteResponse,
  transfer: Transfer,
): Promise<void> {
  const [bytes, type] = encodeBody(body);
  const length = status === 204 ? {} : { 'content-length': String(bytes.length) };
  const requestId = { 'x-openstack-request-id': `req-${randomUUID()}` };
  response.writeHead(status, { ...type, ...length, ...requestId, ...headers });
  response.flushHeaders();
  await pipeline(throughLink(Buffer.isBuffer(bytes) ? [bytes] : bytes, transfer), response);
}

function encodeBody(body: unknown): readonly [Buffer | RepeatedData, Readonly<Record<string, string>>] {
  if (Buffer.isBuffer(body) || body instanceof RepeatedData) return [body, {}];
  if (body === undefined || typeof body === 'string') return [Buffer.from(body ?? ''), {}];
  return [Buffer.from(JSON.stringify(body)), { 'content-type': 'application/json' }];
}
