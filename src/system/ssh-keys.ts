import { Secret } from '../model/secret.ts';
import { loadSsh2 } from './ssh2.ts';

/** A key to log in with. */
export interface SshKeyPair {
  /** One line of OpenSSH's format, ending in the comment. */
  readonly publicKey: string;
  /** In OpenSSH's own PEM format. */
  readonly privateKey: Secret;
}

/** Makes a new ed25519 key; `comment` tells its readers whose it is. */
export function generateSshKeyPair(comment: string): SshKeyPair {
  const { generateKeyPairSync } = loadSsh2().utils;
  for (;;) {
    const pair = generateKeyPairSync('ed25519', { comment });
    // ssh2 drops the leading zero bytes of a public key, so that one pair in 256 is malformed (its issue 1390).
    if (isKey(pair.private) && isKey(pair.public)) {
      return { publicKey: pair.public, privateKey: new Secret(pair.private) };
    }
  }
}

function isKey(text: string): boolean {
  return !(loadSsh2().utils.parseKey(text) instanceof Error);
}
