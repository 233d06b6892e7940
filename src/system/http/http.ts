import type { Readable } from 'node:stream';
import { Agent, type Dispatcher, EnvHttpProxyAgent, request } from 'undici';

/** The connection settings of a group of requests. */
export interface HttpOptions {
  /** PEM text of certificate authorities to trust instead of the system's. */
  readonly ca?: string | undefined;
  /** False accepts every certificate, as `verify: false` in clouds.yaml asks. */
  readonly verify?: boolean;
  /** `environment` uses HTTP_PROXY, HTTPS_PROXY and NO_PROXY. */
  readonly proxy: 'environment' | 'none';
  /** The longest time in milliseconds without a byte in either direction. */
  readonly stallTimeoutMs: number;
}

interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Readable;
  readonly signal?: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  /** Returns a header by its case-insensitive name, or the first value of a repeated header. */
  header(name: string): string | undefined;
  /** Must be read to its end or destroyed. */
  readonly body: Readable;
}

/** Sends requests over its own connection pool. Redirects are returned, not followed. */
export interface Http {
  send(request: HttpRequest): Promise<HttpResponse>;
  close(): Promise<void>;
}

/** Opens a connection pool. Failed requests throw undici's errors, which the caller translates. */
export function openHttp(options: HttpOptions): Http {
  const dispatcher = createDispatcher(options);
  return {
    send: (call) => send(dispatcher, call),
    close: () => dispatcher.destroy(),
  };
}

function createDispatcher(options: HttpOptions): Dispatcher {
  const settings = {
    connect: {
      timeout: options.stallTimeoutMs,
      rejectUnauthorized: options.verify !== false,
      ...(options.ca === undefined ? {} : { ca: options.ca }),
    },
    headersTimeout: 0, // the caller sets the deadline: Glance answers an upload only after its store has finished
    bodyTimeout: options.stallTimeoutMs,
  };
  return options.proxy === 'none'
    ? new Agent(settings)
    : new EnvHttpProxyAgent({ ...settings, proxyTunnel: false });
}

async function send(dispatcher: Dispatcher, call: HttpRequest): Promise<HttpResponse> {
  const { statusCode, headers, body } = await request(call.url, {
    dispatcher,
    method: call.method,
    headers: { 'user-agent': 'github-runner-image-builder', ...call.headers },
    body: call.body ?? null,
    signal: call.signal ?? null,
  });
  body.on('error', () => undefined); // without this, an unread body that fails would end the process
  const header = (name: string): string | undefined => {
    const value = headers[name.toLowerCase()];
    return Array.isArray(value) ? value[0] : value;
  };
  return { status: statusCode, header, body };
}
