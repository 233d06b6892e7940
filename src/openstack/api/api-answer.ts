import { isMapping } from '../../model/decode.ts';

/** A response that was read as a whole. */
export interface ApiAnswer {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  /** The parsed JSON; a string if the body is not JSON; undefined if it is empty. */
  readonly body: unknown;
}

const MAXIMUM_REQUEST_ID = 100;

/** Returns the id that an OpenStack service gives every request. */
export function requestIdOf({ header }: Pick<ApiAnswer, 'header'>): string | undefined {
  const id = header('x-openstack-request-id') ?? header('x-compute-request-id');
  return id === undefined || id === '' ? undefined : id.slice(0, MAXIMUM_REQUEST_ID);
}

/**
 * Reports whether an OpenStack service wrote the response, and not a gateway, a login page or another program at its
 * address. The service is recognised by its request id, by a challenge of Keystone's middleware, or by JSON of the
 * documented shape. Glance and WebOb send some errors as HTML, always with a request id.
 */
export function isFromService(answer: ApiAnswer): boolean {
  const { status, header, body } = answer;
  if (requestIdOf(answer) !== undefined) return true;
  if (status === 401 && header('www-authenticate')?.startsWith('Keystone') === true) return true;
  if (status >= 200 && status < 300) return body === undefined || isMapping(body);
  return isMapping(body) && isDocumentedError(body);
}

/** Reports whether an error has the shape of Glance's, or of Keystone's, Nova's and Neutron's. */
function isDocumentedError(body: Readonly<Record<string, unknown>>): boolean {
  if (typeof body['message'] === 'string') return 'code' in body && 'title' in body;
  const [[key, error] = [], ...others] = Object.entries(body);
  if (others.length > 0 || !isMapping(error) || typeof error['message'] !== 'string') return false;
  if (key === 'NeutronError') return true;
  return 'code' in error && (key !== 'error' || 'title' in error); // load balancers send {error: {code, message}}
}
