import type { CloudState, Login } from './state.ts';

/** One request of a client, as a service sees it. */
export interface Asked {
  readonly method: string;
  /** What stands in the places that the route names: `:id` → `id`. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  /** Who asks. Services but Keystone are not asked without a good token: the server answers 401 itself. */
  readonly login: Login;
  /** The whole body as JSON; `undefined` when it is empty. Throws Refusal 400 when it is no JSON. */
  json(): Promise<unknown>;
  /** The body as it comes, for image data; it fails when the client goes away before the body's end. */
  readonly stream: AsyncIterable<Buffer>;
  /** Scheme, host and port that the client used. */
  readonly origin: string;
}

/** What a service answers; a body that is neither text nor bytes is sent as JSON. */
export interface Answered {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** One call of an API: `GET /image/v2/images/:id`. */
export interface Route {
  readonly route: string;
  answer(asked: Asked, cloud: CloudState): Answered | Promise<Answered>;
}

/** Thrown by a route: the service refuses, in its own service's words. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}
