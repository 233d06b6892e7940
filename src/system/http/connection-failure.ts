import { messageOf } from '../../model/text/message-of.ts';
import { namesOf } from '../../model/proxy-settings.ts';
import { errorCodeOf } from '../error-code.ts';
import type { ChosenProxy } from './proxy.ts';

/** A request that received no response. The message names the proxy, if any, and the setting to change. */
export class ConnectionFailure extends Error {
  /** The code of the system call or of the TLS library. */
  readonly code: string | undefined;

  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'ConnectionFailure';
    this.code = errorCodeOf(cause);
  }
}

/** A proxy that answered instead of connecting. */
export class ProxyRefusal extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`it answered ${status}`);
    this.name = 'ProxyRefusal';
    this.status = status;
  }
}

/** The facts that explain why a request received no response. */
export interface ConnectionFacts {
  readonly proxy: ChosenProxy | undefined;
  /** The advice for a certificate from an unknown authority. */
  readonly trustHint: string;
}

const UNKNOWN_AUTHORITY =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|CERT_UNTRUSTED|UNABLE_TO_)/;

/** Adds the proxy and the setting to change to the error of a request. Returns other errors unchanged. */
export function explainFailure(cause: unknown, { proxy, trustHint }: ConnectionFacts): Error {
  const code = errorCodeOf(cause) ?? '';
  const reason = reasonOf(cause) || code; // Node's error for several addresses has no message
  const isUntrusted = UNKNOWN_AUTHORITY.test(code);
  if (proxy === undefined)
    return isUntrusted ? new ConnectionFailure(`${reason}; ${trustHint}`, cause) : (cause as Error);
  const name = namesOf(proxy.settings)[proxy.kind];
  const where = `the proxy ${proxy.url.protocol}//${proxy.url.host} (${name})`;
  if (cause instanceof ProxyRefusal && cause.status === 407)
    return authenticationFailure(where, proxy, cause);
  const hint = isUntrusted ? trustHint : adviseOnProxy(proxy);
  return new ConnectionFailure(`asked through ${where}: ${reason}; ${hint}`, cause);
}

/** Returns the message without the advice of Node 24 to start it with another flag, which our users cannot do. */
function reasonOf(cause: unknown): string {
  const message = messageOf(cause);
  const advice = message.indexOf('; if the root CA is installed locally');
  return advice === -1 ? message : message.slice(0, advice);
}

/** Returns the error for a proxy that asks for a login. Its URL is not repeated. */
function authenticationFailure(where: string, { settings, kind }: ChosenProxy, cause: ProxyRefusal) {
  const name = namesOf(settings)[kind];
  const value = 'http://USER:PASSWORD@HOST:PORT';
  const command = settings.source === 'model' ? `juju model-config ${name}=${value}` : `${name}=${value}`;
  return new ConnectionFailure(`${where} refused the login in its URL (407); set ${command}`, cause);
}

function adviseOnProxy({ settings, kind }: ChosenProxy): string {
  const names = namesOf(settings);
  const where = settings.source === 'model' ? ' with juju model-config' : '';
  return `correct ${names[kind]}, or add the host to ${names.noProxy}${where}`;
}
