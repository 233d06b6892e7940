import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { type LinkLimits, throughLink } from './link.ts';
import type { RouteResponse } from './route.ts';

/** Sends a response over a link that may be slow or break. */
export async function sendResponse(
  response: ServerResponse,
  { status, headers = {}, body }: RouteResponse,
  link: LinkLimits,
): Promise<void> {
  const isRaw = body === undefined || typeof body === 'string' || Buffer.isBuffer(body);
  const bytes = isRaw ? Buffer.from(body ?? '') : Buffer.from(JSON.stringify(body));
  const type = isRaw ? {} : { 'content-type': 'application/json' };
  const length = status === 204 ? {} : { 'content-length': String(bytes.length) };
  const requestId = { 'x-openstack-request-id': `req-${randomUUID()}` };
  response.writeHead(status, { ...type, ...length, ...requestId, ...headers });
  response.flushHeaders();
  await pipeline(throughLink([bytes], link), response);
}
