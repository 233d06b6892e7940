import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type SecureContext, createSecureContext, rootCertificates } from 'node:tls';
import { InputError } from '../../model/errors.ts';
import { errorCodeOf } from '../error-code.ts';

/** The certificate authorities that a connection accepts. */
export interface Trust {
  /** Returns the TLS context for all connections. It is created at its first use, because that takes 10 to 35 ms. */
  readonly context: () => SecureContext;
  /** The advice for a certificate from an unknown authority. */
  readonly hint: string;
  /** Returns the same trust for a client with a certificate. */
  readonly withClient: (client: ClientCertificate) => Trust;
}

/** The certificate of a client and its key, both in PEM. */
interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
}

/** The certificate authorities of Node and of the system. */
export interface TrustStore {
  /** Trusts the authorities of the store and those in a PEM text, which may be empty. */
  trust(hint: string, pem?: string): Trust;
}

/** The bundles of Debian and Ubuntu, Fedora and RHEL, openSUSE, CentOS, and Alpine. The first one that exists is read. */
const BUNDLES: readonly string[] = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** Far more than any store: Debian's bundle has 220 KiB. */
const MAXIMUM_BYTES = 8 * 1024 * 1024;
const MAXIMUM_FILES = 2000;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Opens the store of this process. Node 20 trusts only its own authorities, so the system's bundle is read here.
 * SSL_CERT_FILE replaces the bundle, SSL_CERT_DIR and NODE_EXTRA_CA_CERTS add to it. Throws InputError when the file or
 * folder that a variable names cannot be read.
 */
export function openTrustStore(env: Environment): TrustStore {
  const texts = readStore(env);
  const certificates = once(() => listCertificates([...rootCertificates, ...texts]));
  const context = once(() => createSecureContext({ ca: certificates() }));
  return {
    trust: (hint, pem = '') =>
      pem === ''
        ? { ...trustIn(certificates, hint), context }
        : trustIn(() => listCertificates([...certificates(), pem]), hint),
  };
}

function trustIn(authorities: () => string | string[], hint: string): Trust {
  const contextFor = (client: Partial<ClientCertificate>) =>
    once(() => createSecureContext({ ca: authorities(), ...client }));
  const trust: Trust = {
    hint,
    context: contextFor({}),
    withClient: (client) => ({ ...trust, context: contextFor(client) }),
  };
  return trust;
}

/** Trusts only the authorities in a PEM text. */
export function trustOnly(pem: string, hint: string): Trust {
  return trustIn(() => pem, hint);
}

function once<T>(compute: () => T): () => T {
  let computed: { readonly value: T } | undefined;
  return () => (computed ??= { value: compute() }).value;
}

/** Splits PEM texts into certificates without duplicates. The same certificate may be wrapped at another width. */
function listCertificates(texts: readonly string[]): string[] {
  const found = new Map<string, string>();
  for (const text of texts) {
    for (const [block] of text.matchAll(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g)) {
      found.set(block.replace(/\s/g, ''), block);
    }
  }
  return [...found.values()];
}

function readStore(env: Environment): readonly string[] {
  const { SSL_CERT_FILE: file = '', SSL_CERT_DIR: folders = '', NODE_EXTRA_CA_CERTS: extra = '' } = env;
  const bundle = file === '' ? readFirst(BUNDLES) : readNamed('SSL_CERT_FILE', file);
  const inFolders = folders.split(':').flatMap((folder) => (folder === '' ? [] : readFolder(folder)));
  return [...bundle, ...inFolders, ...readFirst(extra === '' ? [] : [extra])]; // Node warns of a missing extra file
}

function readFirst(paths: readonly string[]): readonly string[] {
  for (const path of paths) {
    try {
      return [readBounded(path)];
    } catch {
      // the next path is that of another distribution
    }
  }
  return [];
}

function readNamed(variable: string, path: string): readonly string[] {
  try {
    return [readBounded(path)];
  } catch (cause) {
    throw unreadable(variable, path, cause);
  }
}

/** Reads the files of a folder. Skips those that are not readable, as OpenSSL does. */
function readFolder(folder: string): readonly string[] {
  let names: readonly string[];
  try {
    names = readdirSync(folder).slice(0, MAXIMUM_FILES);
  } catch (cause) {
    throw unreadable('SSL_CERT_DIR', folder, cause);
  }
  return names.flatMap((name) => readFirst([join(folder, name)]));
}

function readBounded(path: string): string {
  const found = statSync(path);
  if (!found.isFile()) throw new Error('not a file');
  if (found.size > MAXIMUM_BYTES) throw new Error(`more than ${MAXIMUM_BYTES} bytes`);
  return readFileSync(path, 'utf8');
}

function unreadable(variable: string, path: string, cause: unknown): InputError {
  const reason = errorCodeOf(cause) ?? (cause instanceof Error ? cause.message : 'unknown reason');
  return new InputError(
    [`${variable}: expected certificates in PEM, got ${path}, which cannot be read (${reason})`],
    {
      cause,
    },
  );
}
