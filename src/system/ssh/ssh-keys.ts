import { Secret } from '../../model/secret.ts';
import { loadSsh2 } from './ssh2.ts';

/** A key pair for logging in over SSH. */
export interface SshKeyPair {
  /** One line in OpenSSH's format, ending with the comment. */
  readonly publicKey: string;
  /** In OpenSSH's PEM format. */
  readonly privateKey: Secret;
}

/** The types of keys, the preferred one first. Clouds in FIPS mode refuse ed25519; old ones know only RSA. */
export const SSH_KEY_TYPES = ['ed25519', 'ecdsa', 'rsa'] as const;

export type SshKeyType = (typeof SSH_KEY_TYPES)[number];

/** Generates a key pair. The comment names its owner. */
export function generateSshKeyPair(comment: string, type: SshKeyType = 'ed25519'): SshKeyPair {
  for (;;) {
    const pair = generate(comment, type);
    // ssh2 drops leading zero bytes of a public key, which makes one pair in 256 malformed (mscdex/ssh2 issue 1390).
    if (isKey(pair.private) && isKey(pair.public)) {
      return { publicKey: pair.public, privateKey: new Secret(pair.private) };
    }
  }
}

function generate(comment: string, type: SshKeyType): { readonly public: string; readonly private: string } {
  const { generateKeyPairSync } = loadSsh2().utils;
  switch (type) {
    case 'ed25519':
      return generateKeyPairSync(type, { comment });
    case 'ecdsa':
      return generateKeyPairSync(type, { comment, bits: 256 });
    case 'rsa':
      return generateKeyPairSync(type, { comment, bits: 3072 });
  }
}

function isKey(text: string): boolean {
  return !(loadSsh2().utils.parseKey(text) instanceof Error);
}
