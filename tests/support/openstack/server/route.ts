import type { CloudState, Login } from '../cloud-state.ts';

/** A request, in the form that routes take. */
export interface RouteRequest {
  readonly method: string;
  /** The values of the path parameters: the value of `:id` has the key `id`. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  /** The user of the token. The server itself returns 401 without a valid token, except for Keystone. */
  readonly login: Login;
  /** Parses the body as JSON; undefined when it is empty. Throws Refusal 400 when it is not JSON. */
  json(): Promise<unknown>;
  /** The body as a stream, for image data. It fails when the client disconnects before the end of the body. */
  readonly stream: AsyncIterable<Buffer>;
  /** The scheme, host and port of the URL that the client used. */
  readonly origin: string;
}

/** A response. A body that is neither a string nor a buffer is sent as JSON. */
export interface RouteResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** One call of an API, for example `GET /image/v2/images/:id`. */
export interface Route {
  readonly route: string;
  answer(request: RouteRequest, cloud: CloudState): RouteResponse | Promise<RouteResponse>;
}

/** Thrown by a route to reject a request. The message is that of the real service. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}
