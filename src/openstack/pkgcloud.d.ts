/** The part of pkgcloud 2.2.0 that the transport uses. The package has no type declarations. */
declare module 'pkgcloud/lib/pkgcloud/openstack/client.js' {
  import type { IncomingHttpHeaders } from 'node:http';

  export interface PkgcloudRequest {
    method: string;
    path: string;
    qs?: Readonly<Record<string, string>>;
    headers: Record<string, string>;
    body?: unknown;
  }

  /** The options of the `request` package that the `before` hooks may change. */
  export interface OutgoingRequest {
    headers: Record<string, string>;
    ca?: string;
    proxy?: null;
    followRedirect?: boolean;
    timeout?: number;
  }

  export interface IncomingAnswer {
    readonly statusCode: number;
    readonly headers: IncomingHttpHeaders;
  }

  export type RequestCallback = (
    error: Error | null | undefined,
    body: unknown,
    answer: IncomingAnswer,
  ) => void;

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
    failCodes: Readonly<Record<number, string>>;
    _serviceUrl: string | null;
    _getUrl(options: PkgcloudRequest): string;
    auth(callback: (error?: unknown) => void): void;
    _request(options: PkgcloudRequest, callback: RequestCallback): { abort(): void };
  }
}
