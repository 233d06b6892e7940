import { X509Certificate } from 'node:crypto';
import type { OptionReader } from './option-reader.ts';

const OPTION = 'openstack-ca';

/** Enough for a hundred certificates. */
const MAXIMUM_LENGTH = 256 * 1024;

/** Reads the certificate authorities in PEM. A problem repeats no content, because a private key may be in it. */
export function readOpenstackCa(reader: OptionReader): string {
  const pem = reader.text(OPTION, MAXIMUM_LENGTH);
  if (pem === '') return '';
  const got = findProblem(pem);
  if (got === undefined) return pem;
  reader.addProblem(OPTION, 'certificates in PEM, set with juju config APPLICATION openstack-ca=@FILE', got);
  return '';
}

function findProblem(pem: string): string | undefined {
  if (pem.includes('PRIVATE KEY-----'))
    return 'a private key: replace that key, because the option is not secret';
  const blocks = listBlocks(pem);
  const begun = pem.split('-----BEGIN ').length - 1;
  if (blocks.length === 0 || begun !== blocks.length) return 'text that contains something else';
  const broken = blocks.findIndex((block) => parse(block) === undefined);
  return broken < 0 ? undefined : `a certificate that cannot be parsed (number ${broken + 1})`;
}

/** Lists the authorities whose certificates have expired, in words for the log. */
export function listExpiredCertificates(pem: string, now: number): readonly string[] {
  return listBlocks(pem).flatMap((block) => {
    const certificate = parse(block);
    if (certificate === undefined || Date.parse(certificate.validTo) >= now) return [];
    const subject = certificate.subject.replace(/\s+/g, ' ').slice(0, 200);
    return [`${OPTION}: the certificate of ${subject} expired on ${certificate.validTo}`];
  });
}

function listBlocks(pem: string): readonly string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
}

function parse(block: string): X509Certificate | undefined {
  try {
    return new X509Certificate(block);
  } catch {
    return undefined;
  }
}
