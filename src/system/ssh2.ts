import { createRequire } from 'node:module';
import type ssh2 from 'ssh2';

export type { ClientChannel, ConnectConfig, ServerHostKeyAlgorithm } from 'ssh2';

const require = createRequire(import.meta.url);

/** ssh2, loaded when it is first needed: most of the program's processes only talk to clouds. */
export function loadSsh2(): typeof ssh2 {
  return require('ssh2') as typeof ssh2;
}
