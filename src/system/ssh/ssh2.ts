import { createRequire } from 'node:module';
import type ssh2 from 'ssh2';

export type { ClientChannel, ConnectConfig, ServerHostKeyAlgorithm } from 'ssh2';

const require = createRequire(import.meta.url);

/** Loads ssh2 on first use: most processes of the program only talk to clouds and never need it. */
export function loadSsh2(): typeof ssh2 {
  return require('ssh2') as typeof ssh2;
}
