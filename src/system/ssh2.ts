import ssh2 from 'ssh2';

export type { ClientChannel, ConnectConfig, ServerHostKeyAlgorithm } from 'ssh2';

/** ssh2's client. Only ssh2's default export is whole for an ES module, hence this one door to it. */
export const Client = ssh2.Client;

/** Makes a key pair in OpenSSH's own formats. */
export const generateKeyPairSync = ssh2.utils.generateKeyPairSync;

/** Reads either half of a key pair; gives an error instead of throwing it. */
export const parseKey = ssh2.utils.parseKey;
