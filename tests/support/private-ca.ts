import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate authority that no store contains, and the certificate of a server. */
export interface PrivateCa {
  /** PEM text of the authority. */
  readonly ca: string;
  /** The server's key and certificate, for cloud.test, localhost, 127.0.0.1 and 0.0.0.0. */
  readonly server: { readonly key: string; readonly cert: string };
}

/** The certificate of an authority that expired in 2002. Its key no longer exists. */
export const EXPIRED_CA = `-----BEGIN CERTIFICATE-----
MIIBCDCBsAIBATAKBggqhkjOPQQDAjARMQ8wDQYDVQQDDAZPbGQgQ0EwHhcNMDEw
MTAxMDAwMDAwWhcNMDIwMTAxMDAwMDAwWjARMQ8wDQYDVQQDDAZPbGQgQ0EwWTAT
BgcqhkjOPQIBBggqhkjOPQMBBwNCAAS7VepdNB2t2jTKZUT+Is518x4SaJTscb7V
keGdStYPTj4QQMMJoNz4WBXyIneQWVQaWvhrukcNnTiJ9QaKgMA/MAoGCCqGSM49
BAMCA0cAMEQCIDwXjisZmkin2ZXQzTNxXA5ME5Sqyx7Bjbs5oyOy1BOFAiBZidpW
54s4/tASXO92HEFRpvGoX8ljXdmlGQS2sDFOyQ==
-----END CERTIFICATE-----
`;

const CURVE = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
const NAMES = 'subjectAltName=DNS:cloud.test,DNS:localhost,IP:127.0.0.1,IP:0.0.0.0';

/** Creates an authority with openssl. */
export function createPrivateCa(): PrivateCa {
  const folder = mkdtempSync(join(tmpdir(), 'ca-'));
  const at = (name: string): string => join(folder, name);
  const openssl = (...args: readonly string[]): void =>
    void execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  try {
    const own = ['-x509', ...CURVE, '-keyout', 'ca.key', '-subj', '/CN=Private CA'];
    openssl('req', ...own, '-days', '2', '-out', 'ca.pem');
    openssl('req', ...CURVE, '-keyout', 'key.pem', '-subj', '/CN=cloud.test', '-out', 'server.csr');
    writeFileSync(at('names'), NAMES);
    const issuer = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '1'];
    openssl('x509', '-req', '-in', 'server.csr', ...issuer, '-extfile', 'names', '-out', 'cert.pem');
    const read = (name: string): string => readFileSync(at(name), 'utf8');
    return {
      ca: read('ca.pem'),
      server: { key: read('key.pem'), cert: read('cert.pem') },
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
