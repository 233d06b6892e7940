import { createHash } from 'node:crypto';
import ssh2 from 'ssh2';

/** Returns the message with which the first boot reports a host key. */
export function hostKeyLine(publicKey: string): string {
  const key = ssh2.utils.parseKey(publicKey);
  if (key instanceof Error) throw key;
  const digest = createHash('sha256').update(key.getPublicSSH()).digest('hex');
  return `host-key ${key.type} ${digest}`;
}

/** Returns a message as a console line. It begins with a newline, since a kernel message may have ended without one. */
export function consoleLine(marker: string, message: string): string {
  return `\n${marker}${message}\n`;
}
