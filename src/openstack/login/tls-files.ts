import { X509Certificate } from 'node:crypto';
import { homedir } from 'node:os';
import { createSecureContext } from 'node:tls';
import { CloudsYAMLError } from '../../model/errors.ts';
import { expandHome, readLimitedTextFile } from '../../system/files/text-file.ts';
import type { CloudAccess } from './cloud-access.ts';
import { MAXIMUM_FILE } from './cloud-files.ts';

/** The PEM texts for the connections to one cloud. */
export interface TlsFiles {
  /** Certificates of the authorities to trust. */
  readonly ca: string | undefined;
  /** The certificate of the client. */
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

/**
 * Reads the certificates and the key that an entry of clouds.yaml names. Without verification the authorities are not
 * needed, so their file is not read. Throws CloudsYAMLError with all problems.
 */
export async function readTlsFiles(access: CloudAccess): Promise<TlsFiles> {
  const problems: string[] = [];
  const read = async (key: 'cacert' | 'cert' | 'key'): Promise<string | undefined> => {
    const given = access[key];
    if (given === undefined || given.includes('-----BEGIN ')) return given;
    const path = expandHome(given, homedir());
    const text = await readLimitedTextFile(path, MAXIMUM_FILE).catch(() => undefined);
    if (text === undefined) problems.push(problemOf(access, key));
    return text;
  };
  const ca = access.verify ? await read('cacert') : undefined;
  const cert = await read('cert');
  const key = access.cert === undefined ? undefined : ((await read('key')) ?? cert);
  if (problems.length === 0) problems.push(...checkContent(access, { ca, cert, key }));
  if (problems.length > 0) throw new CloudsYAMLError(problems);
  return { ca, cert, key };
}

function problemOf({ name, ...access }: CloudAccess, key: 'cacert' | 'cert' | 'key'): string {
  const path = access[key] ?? '';
  const shown = /^[/~.]/.test(path.slice(0, 1)) ? path.slice(0, 200) : 'something else'; // it may be a key without its frame
  return `clouds.${name}.${key}: expected a readable PEM file, or its text, got ${shown}`;
}

function checkContent({ name }: CloudAccess, { ca, cert, key }: TlsFiles): readonly string[] {
  const authorities = isUsable(() => ca === undefined || new X509Certificate(ca));
  const client = isUsable(() => createSecureContext({ cert, key }));
  return [
    ...(authorities ? [] : [`clouds.${name}.cacert: expected certificates in PEM, got something else`]),
    ...(client
      ? []
      : [`clouds.${name}.cert: expected a certificate in PEM and its key without a passphrase`]),
  ];
}

function isUsable(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch {
    return false; // OpenSSL's reasons do not help, and the text may be a key
  }
}
