import { Secret } from '../../model/secret.ts';
import { loadSsh2 } from './ssh2.ts';

/** A key pair for logging in over SSH. */
export interface SshKeyPair {
  /** One line in OpenSSH's format, ending with the comment. */
  readonly publicKey: string;
  /** In OpenSSH's PEM format. */
  readonly privateKey: Secret;
}

/** Generates an ed25519 key pair. The comment names its owner. */
export function generateSshKeyPair(comment: string): SshKeyPair {
  const { generateKeyPairSync } = loadSsh2().utils;
  for (;;) {
    const pair = generateKeyPairSync('ed25519', { comment });
    // ssh2 drops leading zero bytes of a public key, which makes one pair in 256 malformed (mscdex/ssh2 issue 1390).
    if (isKey(pair.private) && isKey(pair.public)) {
      return { publicKey: pair.public, privateKey: new Secret(pair.private) };
    }
  }
}

function isKey(text: string): boolean {
  return !(loadSsh2().utils.parseKey(text) instanceof Error);
}
