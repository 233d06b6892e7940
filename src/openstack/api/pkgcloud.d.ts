/** The part of pkgcloud 2.2.0 that the transport uses. The package has no type declarations. */
declare module 'pkgcloud/lib/pkgcloud/openstack/client.js' {
  import type { Agent, IncomingMessage } from 'node:http';
  import type { Writable } from 'node:stream';

  export interface PkgcloudRequest {
    method: string;
    path: string;
    /** The absolute URL; `path` is then not used. */
    uri: string;
    headers: Record<string, string>;
    body?: unknown;
  }

  /** The options of the `request` package that the `before` hooks may change. */
  export interface OutgoingRequest {
    headers: Record<string, string>;
    body?: unknown;
    json?: boolean;
    agent?: Agent;
    proxy?: string | null;
    followRedirect?: boolean;
    timeout?: number;
  }

  /** A request of the `request` package: a stream of the response's body. */
  export interface SentRequest {
    abort(): void;
    on(event: 'error', listener: (error: Error) => void): this;
    on(event: 'response', listener: (answer: IncomingMessage) => void): this;
    pipe(target: Writable): void;
  }

  export interface IdentityPort {
    on(event: string, listener: unknown): unknown;
    readonly token: { readonly id: string; readonly expires: Date } | undefined;
    authorize(callback: (error?: unknown) => void): void;
    getServiceEndpointUrl(options: { serviceType: string }): string;
  }

  interface ClientOptions {
    provider: 'openstack';
    authUrl: string;
    region: string | undefined;
    strictSSL: boolean;
    earlyTokenTimeout: number;
    identity: new () => IdentityPort;
  }

  export class Client {
    constructor(options: ClientOptions);
    serviceType: string;
    before: ((request: OutgoingRequest) => void)[];
    auth(callback: (error?: unknown) => void): void;
    _serviceUrl: string | null;
    _request(options: PkgcloudRequest): SentRequest;
  }
}
