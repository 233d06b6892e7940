import { createHash } from 'node:crypto';
import ssh2 from 'ssh2';

/** The line by which a guest's first boot tells one of its host keys. */
export function hostKeyLine(publicKey: string): string {
  const key = ssh2.utils.parseKey(publicKey);
  if (key instanceof Error) throw key;
  const digest = createHash('sha256').update(key.getPublicSSH()).digest('hex');
  return `host-key ${key.type} ${digest}`;
}

/** The lines by which it tells that a part failed; what matters is said twice. */
export function failureLines(part: string, code: number, lastLines: readonly string[]): readonly string[] {
  const failed = `failed ${part} ${code}`;
  return [...lastLines.map((line) => `log ${line}`), failed, failed];
}

/** A line of a program on the console, which kernel messages share. */
export function consoleLine(marker: string, message: string): string {
  return `\n${marker}${message}\n`;
}
