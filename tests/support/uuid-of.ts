import { createHash } from 'node:crypto';
import { uuidFromDigest } from '../../src/model/text/uuid.ts';

/** Returns the UUID that stands for a word in tests. */
export function uuidOf(word: string): string {
  return uuidFromDigest(createHash('sha256').update(word).digest('hex'));
}
