import type { Readable } from 'node:stream';
import { Agent, type Dispatcher, EnvHttpProxyAgent, request } from 'undici';

/** How a group of requests connects. */
export interface HttpOptions {
  /** PEM text of certificate authorities to trust instead of the system's. */
  readonly ca?: string | undefined;
  /** `false` trusts every certificate, as clouds.yaml's `verify: false` asks. */
  readonly verify?: boolean;
  /** Whether HTTP_PROXY, HTTPS_PROXY and NO_PROXY count. */
  readonly proxy: 'environment' | 'none';
  /** Longest time without a byte in either direction, in ms. */
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
  /** One header, case-insensitive; the first of several. */
  header(name: string): string | undefined;
  /** To be read to its end or destroyed. */
  readonly body: Readable;
}

/** Sends requests over a pool of connections of its own; redirects are answers like others. */
export interface Http {
  send(request: HttpRequest): Promise<HttpResponse>;
  close(): Promise<void>;
}

/** Opens a pool. Failures are undici's errors, for the caller to name. */
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
    headersTimeout: 0, // the caller's deadline rules: Glance answers an upload only when its store is done
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
  body.on('error', () => undefined); // a body that is left or cut fails for whoever reads it, not for the process
  const header = (name: string): string | undefined => {
    const value = headers[name.toLowerCase()];
    return Array.isArray(value) ? value[0] : value;
  };
  return { status: statusCode, header, body };
}
