import { STATUS_CODES } from 'node:http';
import type { RouteResponse, Refusal } from './route.ts';

/** A service of a cloud, named by the first segment of its paths. */
export type ServiceName = 'identity' | 'image' | 'compute' | 'network' | 'volume';

/** The properties of a request that decide how its error is rendered. */
export interface RefusedRequest {
  readonly service: ServiceName;
  /** The Accept header. */
  readonly accept: string;
}

const UNVERIFIED =
  'This server could not verify that you are authorized to access the document you requested. Either you supplied ' +
  'the wrong credentials (e.g., bad password), or your browser does not understand how to supply the credentials ' +
  'required.';
const UNAUTHENTICATED = 'The request you have made requires authentication.';

/** The keys of the error bodies of Nova and Cinder. */
const COMPUTE_KEYS: Readonly<Record<number, string>> = {
  400: 'badRequest',
  403: 'forbidden',
  404: 'itemNotFound',
  409: 'conflictingRequest',
  413: 'overLimit',
};

/** Neutron's default error types. A route can give a more specific one in its message: `Type: message`. */
const NETWORK_TYPES: Readonly<Record<number, string>> = {
  400: 'HTTPBadRequest',
  404: 'HTTPNotFound',
  409: 'HTTPConflict',
};

const json = (status: number, body: unknown): RouteResponse => ({ status, body });

/** Renders an error response in the format of the service. */
export function renderRefusal({ status, message }: Refusal, request: RefusedRequest): RouteResponse {
  const title = STATUS_CODES[status] ?? '';
  const isJson = request.accept.includes('application/json');
  switch (request.service) {
    case 'identity':
      return json(status, { error: { code: status, message, title } });
    case 'image':
      return isJson ? renderWebobJson(status, message, title) : renderPage(status, message, title);
    case 'compute':
    case 'volume':
      return json(status, { [COMPUTE_KEYS[status] ?? 'computeFault']: { code: status, message } });
    case 'network': {
      const [, type, text] = /^([A-Z]\w+): (.*)$/s.exec(message) ?? [];
      const error = {
        type: type ?? NETWORK_TYPES[status] ?? 'HTTPError',
        message: text ?? message,
        detail: '',
      };
      return json(status, { NeutronError: error });
    }
  }
}

/** Renders the response to a request without a valid token. */
export function renderUnauthorized(request: RefusedRequest): RouteResponse {
  if (request.service === 'image') {
    const isJson = request.accept.includes('application/json');
    return (isJson ? renderWebobJson : renderPage)(401, UNVERIFIED, 'Unauthorized');
  }
  return json(401, { error: { code: 401, title: 'Unauthorized', message: UNAUTHENTICATED } });
}

function renderWebobJson(status: number, message: string, title: string): RouteResponse {
  return json(status, { message: `${message}<br /><br />\n\n\n`, code: `${status} ${title}`, title });
}

function renderPage(status: number, message: string, title: string): RouteResponse {
  const escaped = message.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll("'", '&#x27;');
  const head = ` <head>\n  <title>${status} ${title}</title>\n </head>`;
  const body = ` <body>\n  <h1>${status} ${title}</h1>\n  ${escaped}<br /><br />\n\n\n\n </body>`;
  return {
    status,
    headers: { 'content-type': 'text/html; charset=UTF-8' },
    body: `<html>\n${head}\n${body}\n</html>`,
  };
}
